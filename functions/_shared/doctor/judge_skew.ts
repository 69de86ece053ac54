import { formatDuration } from "../report/format_quantity.ts";
import type { DoctorAnswer } from "./doctor_finding.ts";

/** Beyond this, ages and leases are judged wrongly; beyond the second, S3 refuses every request. */
const NOTICEABLE_MS = 60_000;
const REFUSED_MS = 15 * 60_000;

/** What a difference between clocks means. `skewMs` is the other clock's time minus ours. */
export function judgeSkew(other: string, skewMs: number, where: "machine" | "functions"): DoctorAnswer {
  const off = Math.abs(skewMs);
  if (off <= NOTICEABLE_MS) return { verdict: "passed", seen: `within ${Math.max(1, Math.ceil(off / 1000))} s of ${other}`, fix: null };
  const here = where === "machine" ? "this machine" : "the functions' host";
  const seen = `${here} is ${formatDuration(off / 1000)} ${skewMs > 0 ? "behind" : "ahead of"} ${other}`;
  const fix = where === "machine" ? "sudo timedatectl set-ntp true   # on whichever of the two is wrong" : "Set the clock of the host that runs the functions (NTP).";
  if (off <= REFUSED_MS) return { verdict: "inconclusive", seen: `${seen}; from 15 minutes on object storage refuses every request`, fix };
  return { verdict: "failed", seen: `${seen}; object storage refuses requests that are more than 15 minutes off`, fix };
}
