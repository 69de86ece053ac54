import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseObjects, type DueShare } from "../../../../functions/_shared/verify/choose_objects.ts";

const objects = (count: number, bytes = 10) =>
  Array.from({ length: count }, (_, n) => ({ key: `p/run/data/public.t/${n}.copy.gz`, sha256: "", bytes }));
const keys = (chosen: { key: string }[]) => chosen.map(({ key }) => key);
const whole = (of: number, index: number): DueShare => ({ of, index, after: null });

describe("chooseObjects()", () => {
  it("chooseObjects() reads every object exactly once in as many rounds as there are shares", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 1000 }), (of, count, first) => {
      const all = objects(count);
      const read = Array.from({ length: of }, (_, n) => keys(chooseObjects(all, whole(of, (first + n) % of), Infinity).chosen)).flat();
      expect(read.sort()).toEqual(keys(all).sort());
    }));
  });

  it("chooseObjects() reads every object exactly once under any byte budget, when each round goes on where the last one stopped", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 60 }), fc.integer({ min: 0, max: 120 }), (of, sizes, maxBytes) => {
      const all = sizes.map((bytes, n) => ({ key: `k${n}`, sha256: "", bytes }));
      const read: string[] = [];
      for (let index = 0; index < of; index++) {
        for (let after: string | null = null, turn = 0; turn === 0 || after !== null; turn++) {
          const { chosen, next } = chooseObjects(all, { of, index, after }, maxBytes);
          read.push(...keys(chosen));
          after = next;
        }
      }
      expect(read.sort()).toEqual(keys(all).sort());
    }));
  });

  it("chooseObjects() spreads objects over the shares", () => {
    const sizes = [0, 1, 2, 3].map((index) => chooseObjects(objects(4000), whole(4, index), Infinity).chosen.length);
    for (const size of sizes) expect(size).toBeGreaterThan(800);
  });

  it("chooseObjects() keeps to the byte budget and says what it left and where to go on", () => {
    const { chosen, unread, bytes, next } = chooseObjects(objects(100), whole(1, 0), 255);
    expect([chosen.length, unread, bytes, next]).toEqual([25, 75, 250, chosen.at(-1)?.key]);
    expect(chooseObjects(objects(3), whole(1, 0), 30).next).toBeNull();
  });

  it("chooseObjects() reads one object even when it is larger than the budget", () => {
    expect(chooseObjects(objects(3, 1000), whole(1, 0), 1).chosen).toHaveLength(1);
    expect(chooseObjects([], whole(1, 0), 1)).toEqual({ chosen: [], unread: 0, bytes: 0, next: null });
  });
});
