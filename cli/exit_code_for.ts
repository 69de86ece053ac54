import type { Verdict } from "../functions/_shared/verify/verdict.ts";
import type { ExitCode } from "./command_context.ts";

/** Null is a verification that has not ended: it has not passed. */
export function exitCodeFor(verdict: Verdict | null): ExitCode {
  if (verdict === "passed") return 0;
  return verdict === "failed" ? 10 : 11;
}
