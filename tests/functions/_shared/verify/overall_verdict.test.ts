import { expect, it } from "vitest";
import { overallVerdict } from "../../../../functions/_shared/verify/overall_verdict.ts";
import type { Verdict } from "../../../../functions/_shared/verify/verdict.ts";

it.each<[Verdict[], Verdict]>([
  [[], "inconclusive"], [["skipped"], "inconclusive"], [["passed", "skipped"], "passed"],
  [["passed", "inconclusive"], "inconclusive"], [["inconclusive", "failed", "passed"], "failed"],
])("overallVerdict() of %j is %s", (verdicts, expected) => expect(overallVerdict(verdicts)).toBe(expected));
