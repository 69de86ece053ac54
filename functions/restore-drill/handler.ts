import { z } from "zod";
import type { Queryable } from "../_shared/database/queryable.ts";
import { HoldfastError } from "../_shared/errors/holdfast_error.ts";
import { authorize, type Caller, refuseStrangers, ticketClaimer } from "../_shared/http/authorize.ts";
import { runInBackground } from "../_shared/http/background.ts";
import { checkMethod } from "../_shared/http/check_method.ts";
import type { Handler } from "../_shared/http/edge_function.ts";
import { parseInput } from "../_shared/http/read_json.ts";
import { respondError, respondJson } from "../_shared/http/respond.ts";
import type { WithDatabase } from "../_shared/http/with_database.ts";

export interface RestoreDrillHandlerDeps {
  secretKeys: readonly string[];
  withDatabase: WithDatabase;
  /** False when S3 is not configured. Throws HF200 when it is configured halfway. */
  storageConfigured(): boolean;
  /** Returns the id of the drill. Throws HF001, HF500 and HF507. */
  startDrill(database: Queryable, trigger: "schedule" | "http", from: string | null): Promise<string>;
  /** State of this drill, or of the newest one; null when there is none. */
  readDrill(database: Queryable, drillId: string | null): Promise<unknown>;
  /** Does this invocation's share of a drill. */
  work(drillId: string): Promise<unknown>;
  /** Drops what drills that are over have left. */
  reap(): Promise<unknown>;
  log?: (line: string) => void;
}

const FUNCTION_NAME = "restore-drill";

const startBody = z.strictObject({
  action: z.literal("start"),
  from: z.union([z.enum(["latest", "random", "alternate"]), z.string().regex(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/)]).optional(),
  trigger: z.literal("schedule").optional(),
});
const workBody = z.strictObject({ action: z.literal("work"), drill_id: z.uuid() });
const reapBody = z.strictObject({ action: z.literal("reap") });
const bodySchema = z.discriminatedUnion("action", [startBody, workBody, reapBody]);
const stateQuery = z.strictObject({ drill_id: z.uuid().optional() });

/** No action means start: the plain `curl -X POST` a person tries first. */
function parseBody(caller: Caller): z.infer<typeof bodySchema> {
  const given = caller.body ?? {};
  const plain = typeof given === "object" && !Array.isArray(given) && !("action" in given);
  return parseInput(bodySchema, plain ? { action: "start", ...given } : given);
}

/**
 * POST answers 202 with the drill: {"action": "start"} starts one, {"action": "work"} works on one, {"action": "reap"} drops
 * scratch databases that were left; each goes on after the response. GET ?drill_id= tells how one stands. Without S3
 * settings a start answers 200 with state "off", because not wanting a second copy is no error.
 */
export function createHandler(deps: RestoreDrillHandlerDeps): Handler {
  return async (request) => {
    try {
      checkMethod(request, ["GET", "POST"]);
      return request.method === "GET" ? await answerState(deps, request) : await act(deps, request);
    } catch (error) {
      return respondError(error, deps.log);
    }
  };
}

async function act(deps: RestoreDrillHandlerDeps, request: Request): Promise<Response> {
  refuseStrangers(request, deps.secretKeys);
  const task = await deps.withDatabase(async (database) => {
    const caller = await authorize(request, { claimTicket: ticketClaimer(database), secretKeys: deps.secretKeys }, FUNCTION_NAME);
    const body = parseBody(caller);
    if (body.action === "reap") return { answer: { state: "reaping" }, run: () => deps.reap() };
    // A drill that was started before S3 was taken away is ended by its worker.
    if (body.action === "work") return { answer: { drill_id: body.drill_id }, run: () => deps.work(body.drill_id) };
    if (!deps.storageConfigured()) return null;
    const drillId = await deps.startDrill(database, caller.kind === "ticket" ? "schedule" : "http", body.from ?? null);
    return { answer: { drill_id: drillId }, run: () => deps.work(drillId) };
  });
  if (task === null) {
    return respondJson(200, {
      state: "off",
      message: "There is nothing to drill as S3 is not configured",
      hint: "Set HOLDFAST_S3_BUCKET, HOLDFAST_S3_ACCESS_KEY_ID and HOLDFAST_S3_SECRET_ACCESS_KEY with supabase secrets set.",
    });
  }
  // A session of its own: the work outlives the request that started it.
  runInBackground(task.run(), deps.log).catch(() => undefined);
  return respondJson(202, task.answer);
}

async function answerState(deps: RestoreDrillHandlerDeps, request: Request): Promise<Response> {
  await authorize(request, { secretKeys: deps.secretKeys }, FUNCTION_NAME);
  const query = parseInput(stateQuery, Object.fromEntries(new URL(request.url).searchParams));
  const drill = await deps.withDatabase((database) => deps.readDrill(database, query.drill_id ?? null));
  if (drill === null) {
    throw new HoldfastError("HF507", query.drill_id === undefined ? "There has been no drill yet" : `Drill ${query.drill_id} does not exist`, {
      hint: "Start one: POST to this function." });
  }
  return respondJson(200, drill);
}
