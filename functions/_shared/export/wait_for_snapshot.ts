import type { Ledger } from "./ledger.ts";

/**
 * Polls until the keeper has published its snapshot. Null when it has not within `maxMs`, or when the run has failed.
 *
 * @throws {HoldfastError} HF001 unknown run, HF003 the run has already ended.
 */
export async function waitForSnapshot(
  ledger: Ledger, runId: string, maxMs: number, hooks: { now(): number; sleep(ms: number): Promise<void> },
): Promise<string | null> {
  const deadline = hooks.now() + maxMs;
  for (let nap = 100; ; nap = Math.min(1000, nap * 1.5)) {
    const snapshotId = await ledger.beginExport(runId);
    if (snapshotId !== null) return snapshotId;
    const { state } = await ledger.progress(runId);
    if (state !== "starting" || hooks.now() + nap > deadline) return null;
    await hooks.sleep(nap);
  }
}
