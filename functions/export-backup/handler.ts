import { z } from "zod";
import type { Queryable } from "../_shared/database/queryable.ts";
import { authorize, type Caller, refuseStrangers, ticketClaimer } from "../_shared/http/authorize.ts";
import { runInBackground } from "../_shared/http/background.ts";
import { checkMethod } from "../_shared/http/check_method.ts";
import type { Handler } from "../_shared/http/edge_function.ts";
import { parseInput } from "../_shared/http/read_json.ts";
import { respondError, respondJson } from "../_shared/http/respond.ts";

export interface ExportBackupHandlerDeps {
  secretKeys: readonly string[];
  withDatabase<T>(task: (database: Queryable) => Promise<T>): Promise<T>;
  /** False when S3 is not configured. Throws HF200 when it is configured halfway. */
  storageConfigured(): boolean;
  /** Returns the id of the run. Throws HF002 when one is active. */
  startRun(database: Queryable, trigger: "schedule" | "http", tier: string | null): Promise<string>;
  /** Does this invocation's share of a run. */
  work(runId: string): Promise<unknown>;
  log?: (line: string) => void;
}

const FUNCTION_NAME = "export-backup";

const startBody = z.strictObject({
  action: z.literal("start"),
  tier: z.enum(["daily", "weekly", "monthly"]).optional(),
  trigger: z.literal("schedule").optional(),
});
const workBody = z.strictObject({
  action: z.literal("work"),
  run_id: z.string().regex(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/),
});
const bodySchema = z.discriminatedUnion("action", [startBody, workBody]);

/** No action means start: the plain `curl -X POST` a person tries first. */
function parseBody(caller: Caller): z.infer<typeof bodySchema> {
  const given = caller.body ?? {};
  const plain = typeof given === "object" && !Array.isArray(given) && !("action" in given);
  return parseInput(bodySchema, plain ? { action: "start", ...given } : given);
}

/**
 * POST answers 202 with the run: {"action": "start"} starts one, {"action": "work"} works on one; either goes on after the
 * response. Without S3 settings the answer is 200 with state "off", because not wanting a second copy is no error.
 */
export function createHandler(deps: ExportBackupHandlerDeps): Handler {
  return async (request) => {
    try {
      checkMethod(request, ["POST"]);
      refuseStrangers(request, deps.secretKeys);
      const runId = await deps.withDatabase(async (database) => {
        const caller = await authorize(request, { claimTicket: ticketClaimer(database), secretKeys: deps.secretKeys }, FUNCTION_NAME);
        const body = parseBody(caller);
        if (!deps.storageConfigured()) return null;
        if (body.action === "work") return body.run_id;
        return await deps.startRun(database, caller.kind === "ticket" ? "schedule" : "http", body.tier ?? null);
      });
      if (runId === null) {
        return respondJson(200, {
          state: "off",
          message: "The secondary backup is off as S3 is not configured",
          hint: "Set HOLDFAST_S3_BUCKET, HOLDFAST_S3_ACCESS_KEY_ID and HOLDFAST_S3_SECRET_ACCESS_KEY with supabase secrets set.",
        });
      }
      // A session of its own: the work outlives the request that started it.
      runInBackground(deps.work(runId), deps.log).catch(() => undefined);
      return respondJson(202, { run_id: runId });
    } catch (error) {
      return respondError(error, deps.log);
    }
  };
}
