import type { RestorePhase } from "./restore_context.ts";

/** Work of each phase in bytes of rows: what is not loading costs time in proportion to the rows as well, and a bit for being there. */
const WEIGHTS: Readonly<Record<RestorePhase, { perByte: number; fixed: number }>> = {
  // Does not depend on the rows, and is told by the storage class.
  thaw: { perByte: 0, fixed: 0 },
  check: { perByte: 0, fixed: 5e6 }, install: { perByte: 0, fixed: 5e6 }, roles: { perByte: 0, fixed: 1e6 }, schema_before: { perByte: 0, fixed: 1e7 },
  data: { perByte: 1, fixed: 1e6 }, sequences: { perByte: 0, fixed: 1e6 }, schema_after: { perByte: 0.7, fixed: 1e7 },
  cron_jobs: { perByte: 0, fixed: 1e5 }, analyze: { perByte: 0.1, fixed: 1e6 }, prove: { perByte: 0.5, fixed: 1e7 },
};

/** What a restore with these phases is expected to do per second, where nothing has been measured. */
const ASSUMED_BYTES_PER_SECOND = 20e6;

function weightOf(phase: RestorePhase, rawBytes: number): number {
  return WEIGHTS[phase].perByte * rawBytes + WEIGHTS[phase].fixed;
}

/** Seconds a restore of this size is expected to take. A guess: machines differ. */
export function estimateSeconds(phases: readonly RestorePhase[], rawBytes: number): number {
  return phases.reduce((sum, phase) => sum + weightOf(phase, rawBytes), 0) / ASSUMED_BYTES_PER_SECOND;
}

/**
 * Seconds that remain by the pace so far; null while too little is done to tell.
 *
 * @param phases phases of this restore in their order
 * @param share how much of the phase is done, 0 to 1
 */
export function estimateRemaining(phases: readonly RestorePhase[], phase: RestorePhase, share: number, rawBytes: number, elapsedSeconds: number): number | null {
  const at = phases.indexOf(phase);
  if (at < 0) return null;
  const weights = phases.map((one) => weightOf(one, rawBytes));
  const total = weights.reduce((sum, one) => sum + one, 0);
  const done = weights.slice(0, at).reduce((sum, one) => sum + one, 0) + (weights[at] ?? 0) * Math.min(1, Math.max(0, share));
  if (done < total * 0.03 || elapsedSeconds < 1) return null;
  return (elapsedSeconds / done) * (total - done);
}
