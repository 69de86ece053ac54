import { describe, expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import type { Ledger, RunProgress } from "../../../../functions/_shared/export/ledger.ts";
import { waitForSnapshot } from "../../../../functions/_shared/export/wait_for_snapshot.ts";

/** A ledger whose keeper appears at the n-th question, and a clock that only naps move. */
function fake(appearsAt: number, state: RunProgress["state"] = "starting") {
  let asked = 0;
  let time = 0;
  const naps: number[] = [];
  const ledger = {
    beginExport: async () => (++asked >= appearsAt ? "00000003-0000001B-1" : null),
    progress: async () => ({ state }),
  } as unknown as Ledger;
  return { ledger, naps, asked: () => asked, hooks: { now: () => time, sleep: async (ms: number) => { naps.push(ms); time += ms; } } };
}

describe("waitForSnapshot()", () => {
  it("waitForSnapshot() returns at once when the snapshot is held already", async () => {
    const { ledger, hooks, naps } = fake(1);
    expect(await waitForSnapshot(ledger, "run", 1000, hooks)).toBe("00000003-0000001B-1");
    expect(naps).toEqual([]);
  });

  it("waitForSnapshot() naps longer and longer, at most a second", async () => {
    const { ledger, hooks, naps } = fake(12);
    expect(await waitForSnapshot(ledger, "run", 60_000, hooks)).not.toBeNull();
    expect(naps[0]).toBe(100);
    expect(naps.every((nap, n) => n === 0 || nap >= (naps[n - 1] ?? 0))).toBe(true);
    expect(Math.max(...naps)).toBe(1000);
  });

  it("waitForSnapshot() gives up after maxMs and never waits beyond it", async () => {
    const { ledger, hooks, naps } = fake(Infinity);
    expect(await waitForSnapshot(ledger, "run", 5000, hooks)).toBeNull();
    expect(naps.reduce((sum, nap) => sum + nap, 0)).toBeLessThanOrEqual(5000);
    expect(naps.reduce((sum, nap) => sum + nap, 0)).toBeGreaterThan(3500);
  });

  it("waitForSnapshot() gives up at once when the run has failed meanwhile", async () => {
    const { ledger, hooks, asked } = fake(Infinity, "failed");
    expect(await waitForSnapshot(ledger, "run", 5000, hooks)).toBeNull();
    expect(asked()).toBe(1);
  });

  it("waitForSnapshot() hands on that the run has ended or does not exist", async () => {
    const ledger = { beginExport: async () => { throw new HoldfastError("HF003", "ended"); } } as unknown as Ledger;
    await expect(waitForSnapshot(ledger, "run", 5000, fake(1).hooks)).rejects.toMatchObject({ code: "HF003" });
  });
});
