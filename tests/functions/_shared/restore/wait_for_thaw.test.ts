import { describe, expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import type { ThawStorage } from "../../../../functions/_shared/restore/ask_for_thaw.ts";
import type { ArchivedObject } from "../../../../functions/_shared/restore/list_archived.ts";
import { type ThawProgress, waitForThaw } from "../../../../functions/_shared/restore/wait_for_thaw.ts";

const HOUR = 3600_000;
const object = (key: string, storageClass = "GLACIER"): ArchivedObject => ({ key, bytes: 10, storageClass });

/** An archive in which each object is there after its time; "away" fails while the clock is between two times. */
function archive(readyAt: Record<string, number>, more: { away?: [number, number]; expires?: Record<string, number>; silent?: boolean } = {}) {
  let now = 0;
  const heads: number[] = [];
  const asked: string[] = [];
  const clock = { now: () => now, sleep: (ms: number) => ((now += ms), Promise.resolve()) };
  const isReady = (key: string): boolean => now >= (readyAt[key] ?? Infinity) && now < (more.expires?.[key] ?? Infinity);
  const s3 = {
    headObject: (key: string) => {
      heads.push(now);
      if (more.away !== undefined && now >= more.away[0] && now < more.away[1]) return Promise.reject(new HoldfastError("HF203", "away"));
      if (!(key in readyAt)) return Promise.resolve(null);
      const gone = now >= (more.expires?.[key] ?? Infinity);
      return Promise.resolve({ thaw: more.silent === true || gone ? null : { ongoing: !isReady(key), expiresAt: null } });
    },
    getObject: (key: string) => (isReady(key) ? Promise.resolve(new Uint8Array()) : Promise.reject(new HoldfastError("HF603", "archived"))),
    restoreObject: (key: string) => {
      asked.push(key);
      readyAt[key] = now + HOUR;
      delete more.expires?.[key];
      return Promise.resolve("asked");
    },
  } as unknown as ThawStorage;
  return { s3, clock, heads, asked, now: () => now };
}
const OPTIONS = { tier: "Standard", days: 1 } as const;

describe("waitForThaw()", () => {
  it("waitForThaw() looks again at once, then less and less often, and not at what is there", async () => {
    const world = archive({ a: 500, b: 4 * HOUR });
    const seen: ThawProgress[] = [];
    await waitForThaw(world.s3, [object("a"), object("b")], { ...OPTIONS, clock: world.clock, onProgress: (one) => seen.push(one) });
    expect(world.heads.slice(0, 4)).toEqual([1_000, 1_000, 3_000, 7_000]);
    // A sixtieth of five hours.
    expect((world.heads.at(-1) ?? 0) - (world.heads.at(-2) ?? 0)).toBe(300_000);
    expect(world.now()).toBeLessThan(4 * HOUR + 300_000);
    expect(world.heads.length).toBeLessThan(70);
    expect(seen[0]).toEqual({ objects: 2, bytes: 20, readyObjects: 0, readyBytes: 0, elapsedSeconds: 0 });
    expect(seen).toContainEqual({ objects: 2, bytes: 20, readyObjects: 1, readyBytes: 10, elapsedSeconds: 12 });
    expect(seen.at(-1)).toMatchObject({ readyObjects: 2, readyBytes: 20 });
  });

  it("waitForThaw() asks again for a copy that is gone before the last one is there", async () => {
    const world = archive({ a: 30 * 60_000 }, { expires: { a: 30 * 60_000 } });
    await waitForThaw(world.s3, [object("a")], { ...OPTIONS, clock: world.clock });
    expect(world.asked).toEqual(["a"]);
  });

  it("waitForThaw() believes a read where the server does not say how it stands", async () => {
    const world = archive({ a: 0 }, { silent: true });
    await waitForThaw(world.s3, [object("a")], { ...OPTIONS, clock: world.clock });
    expect(world.asked).toEqual([]);
  });

  it("waitForThaw() sits out a storage that is away for a while, and gives up one that stays away", async () => {
    const brief = archive({ a: HOUR }, { away: [7_000, 60_000] });
    await waitForThaw(brief.s3, [object("a")], { ...OPTIONS, clock: brief.clock });
    const long = archive({ a: HOUR }, { away: [0, 40 * HOUR] });
    await expect(waitForThaw(long.s3, [object("a")], { ...OPTIONS, clock: long.clock })).rejects.toMatchObject({ code: "HF203" });
    expect(long.heads).toHaveLength(5);
  });

  it("waitForThaw() names an object that is gone", async () => {
    const world = archive({});
    await expect(waitForThaw(world.s3, [object("lost")], { ...OPTIONS, clock: world.clock })).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining("lost") });
  });
});
