import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseObjects } from "../../../../functions/_shared/verify/choose_objects.ts";

const objects = (count: number, bytes = 10) =>
  Array.from({ length: count }, (_, n) => ({ key: `p/run/data/public.t/${n}.copy.gz`, sha256: "", bytes }));
const keys = (chosen: { key: string }[]) => chosen.map(({ key }) => key);

describe("chooseObjects()", () => {
  it("chooseObjects() reads every object exactly once in `share` rounds", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 1000 }), (share, count, first) => {
      const all = objects(count);
      const read = Array.from({ length: share }, (_, n) => keys(chooseObjects(all, { share, round: first + n, maxBytes: Infinity }).chosen)).flat();
      expect(read.sort()).toEqual(keys(all).sort());
    }));
  });

  it("chooseObjects() spreads objects over the rounds", () => {
    const sizes = [0, 1, 2, 3].map((round) => chooseObjects(objects(4000), { share: 4, round, maxBytes: Infinity }).chosen.length);
    for (const size of sizes) expect(size).toBeGreaterThan(800);
  });

  it("chooseObjects() keeps to the byte budget and says what it left", () => {
    const { chosen, unread, bytes } = chooseObjects(objects(100), { share: 1, round: 0, maxBytes: 255 });
    expect([chosen.length, unread, bytes]).toEqual([25, 75, 250]);
  });

  it("chooseObjects() gets to every object in the end under a small budget", () => {
    const all = objects(50);
    const read = new Set(Array.from({ length: 40 }, (_, n) => keys(chooseObjects(all, { share: 2, round: n, maxBytes: 30 }).chosen)).flat());
    expect(read.size).toBe(50);
  });

  it("chooseObjects() reads one object even when it is larger than the budget", () => {
    expect(chooseObjects(objects(3, 1000), { share: 1, round: 0, maxBytes: 1 }).chosen).toHaveLength(1);
    expect(chooseObjects([], { share: 1, round: 0, maxBytes: 1 }).chosen).toEqual([]);
  });
});
