import type { Verdict } from "./verdict.ts";

/** As backup.close_verification() decides: a failure outranks a doubt, and nothing passed means nothing is known. */
export function overallVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes("failed")) return "failed";
  if (verdicts.includes("inconclusive") || !verdicts.includes("passed")) return "inconclusive";
  return "passed";
}
