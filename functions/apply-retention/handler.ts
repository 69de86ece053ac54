import { z } from "zod";
import { authorize, refuseStrangers, ticketClaimer } from "../_shared/http/authorize.ts";
import { runInBackground } from "../_shared/http/background.ts";
import { checkMethod } from "../_shared/http/check_method.ts";
import type { Handler } from "../_shared/http/edge_function.ts";
import { parseInput } from "../_shared/http/read_json.ts";
import { respondError, respondJson } from "../_shared/http/respond.ts";
import type { WithDatabase } from "../_shared/http/with_database.ts";
import { applyRetention, FUNCTION_MS, FUNCTION_OBJECTS } from "../_shared/retention/apply_retention.ts";
import { type PlannedRun, RetentionLedger } from "../_shared/retention/retention_ledger.ts";
import type { SweepStorage } from "../_shared/retention/sweep_prefix.ts";

export interface ApplyRetentionHandlerDeps {
  secretKeys: readonly string[];
  withDatabase: WithDatabase;
  /** Null when S3 is not configured. Throws HF200 when it is configured halfway. */
  openStorage(): SweepStorage | null;
  /** Reference of the hosted project these functions run in; null elsewhere. */
  projectRef: string | null;
  now: () => number;
  log?: (line: string) => void;
}

const FUNCTION_NAME = "apply-retention";
const bodySchema = z.strictObject({ apply: z.boolean().default(false), trigger: z.literal("schedule").optional() });

type Decision = { plan: PlannedRun[] } | { scheduled: boolean } | { off: string };

/**
 * GET and POST answer 200 with what would become of every run. POST {"apply": true} answers 202 and marks and deletes after the
 * response; a fresh invocation goes on when this one's budget is spent. Nothing is deleted unless apply is true. What was scheduled
 * ends where retention_mode says by now that nothing is to be deleted, so that a person can stop it.
 */
export function createHandler(deps: ApplyRetentionHandlerDeps): Handler {
  return async (request) => {
    try {
      checkMethod(request, ["GET", "POST"]);
      refuseStrangers(request, deps.secretKeys);
      const decision = await deps.withDatabase(async (database): Promise<Decision> => {
        const ledger = new RetentionLedger(database);
        if (request.method === "GET") await authorize(request, { secretKeys: deps.secretKeys }, FUNCTION_NAME);
        else {
          const caller = await authorize(request, { claimTicket: ticketClaimer(database), secretKeys: deps.secretKeys }, FUNCTION_NAME);
          const { apply, trigger } = parseInput(bodySchema, caller.body ?? {});
          if (apply) {
            const mode = trigger === "schedule" ? await ledger.mode() : "apply";
            return mode === "apply" ? { scheduled: trigger === "schedule" } : { off: mode };
          }
        }
        return { plan: await ledger.plan() };
      });
      if ("off" in decision) return respondJson(200, { state: "off", message: `Nothing is deleted as backup.settings.retention_mode is ${decision.off}` });
      return "plan" in decision ? respondJson(200, { dry_run: true, runs: decision.plan }) : apply(deps, decision.scheduled);
    } catch (error) {
      return respondError(error, deps.log);
    }
  };
}

function apply(deps: ApplyRetentionHandlerDeps, scheduled: boolean): Response {
  const s3 = deps.openStorage();
  if (s3 === null) {
    return respondJson(200, {
      state: "off", message: "There is nothing to delete as S3 is not configured",
      hint: "Set HOLDFAST_S3_BUCKET, HOLDFAST_S3_ACCESS_KEY_ID and HOLDFAST_S3_SECRET_ACCESS_KEY with supabase secrets set.",
    });
  }
  // A session of its own: the work outlives the request that started it.
  const work = deps.withDatabase(async (database) => {
    const report = await applyRetention({ database, s3, projectRef: deps.projectRef, budget: { objects: FUNCTION_OBJECTS, until: deps.now() + FUNCTION_MS, now: deps.now } });
    if (!report.complete) await new RetentionLedger(database).handOver(scheduled);
  });
  runInBackground(work, deps.log).catch(() => undefined);
  return respondJson(202, { state: "applying" });
}
