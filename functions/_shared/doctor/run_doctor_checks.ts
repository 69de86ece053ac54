import { describeUnexpected } from "../errors/describe_unexpected.ts";
import { fromPostgres, sqlStateOf } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { DoctorCheck, DoctorResult } from "./doctor_finding.ts";

/**
 * Runs checks in their order. A check whose need did not pass is not run: it is inconclusive and names the need, so that one
 * broken part shows as one failure. An error inside a check is inconclusive, never passed.
 */
export async function runDoctorChecks<Context>(
  checks: readonly DoctorCheck<Context>[],
  context: Context,
  onStart: (name: string) => void = () => undefined,
): Promise<DoctorResult[]> {
  const results: DoctorResult[] = [];
  for (const check of checks) {
    const blocking = results.find(({ name, verdict }) => check.needs?.includes(name) === true && verdict !== "passed");
    if (blocking !== undefined) {
      results.push(blocking.verdict === "skipped"
        ? { name: check.name, verdict: "skipped", seen: blocking.seen, fix: null, blockedBy: blocking.blockedBy ?? blocking.name }
        : { name: check.name, verdict: "inconclusive", seen: `not looked at, as ${blocking.blockedBy ?? blocking.name} did not pass`, fix: null, blockedBy: blocking.blockedBy ?? blocking.name });
      continue;
    }
    onStart(check.name);
    try {
      const answer = await check.look(context, results);
      if (Array.isArray(answer)) results.push(...answer);
      else results.push({ name: check.name, ...answer, blockedBy: null });
    } catch (error) {
      const { seen, fix } = describe(fromPostgres(error));
      results.push({ name: check.name, verdict: "inconclusive", seen, fix, blockedBy: null });
    }
  }
  return results;
}

/** Messages about privileges, resources and missing objects quote no rows; others may. */
function describe(error: unknown): { seen: string; fix: string | null } {
  if (error instanceof HoldfastError) return { seen: `${error.code}: ${[error.message, error.detail].filter(Boolean).join(": ")}`, fix: error.hint ?? null };
  const state = sqlStateOf(error);
  if (state !== undefined && /^(25|28|3[DF]|42|53|57)/.test(state) && error instanceof Error) return { seen: `the database refused the question: ${error.message} (${state})`, fix: null };
  return { seen: `could not look: ${describeUnexpected(error)}`, fix: null };
}
