import { z } from "zod";
import type { Queryable } from "../_shared/database/queryable.ts";
import { authorize, refuseStrangers, ticketClaimer } from "../_shared/http/authorize.ts";
import { runInBackground } from "../_shared/http/background.ts";
import { checkMethod } from "../_shared/http/check_method.ts";
import type { Handler } from "../_shared/http/edge_function.ts";
import { parseInput } from "../_shared/http/read_json.ts";
import { respondError, respondJson } from "../_shared/http/respond.ts";
import type { WithDatabase } from "../_shared/http/with_database.ts";
import { newestVerificationId, readVerification } from "../_shared/report/read_verification.ts";
import type { ObjectStorage } from "../_shared/verify/object_storage.ts";
import {
  continueVerification,
  startVerification,
  type VerifyBackupLimits,
  type VerifyBackupResult,
} from "../_shared/verify/verify_backup.ts";
import { HoldfastError } from "../_shared/errors/holdfast_error.ts";

export interface VerifyBackupHandlerDeps {
  secretKeys: readonly string[];
  withDatabase: WithDatabase;
  storage: ObjectStorage;
  limits: VerifyBackupLimits;
  now: () => number;
  lookAtPrimary?: (database: Queryable) => Promise<void>;
  log?: (line: string) => void;
}

const FUNCTION_NAME = "verify-backup";

const startBody = z.strictObject({
  /** Continue this verification instead of starting one. */
  verification_id: z.uuid().optional(),
  trigger: z.literal("schedule").optional(),
});
const flag = z.enum(["true", "false"]).transform((value) => value === "true");
const startQuery = z.strictObject({ wait: flag.default(false) });
const stateQuery = z.strictObject({ verification_id: z.uuid().optional() });

/**
 * POST starts a verification and answers 202 with its id; ?wait=true answers 200 with the verdict and the report, or
 * with verdict null when slow checks go on in the background. GET ?verification_id= tells how one stands.
 */
export function createHandler(deps: VerifyBackupHandlerDeps): Handler {
  return async (request) => {
    try {
      checkMethod(request, ["GET", "POST"]);
      return request.method === "GET" ? await answerState(deps, request) : await start(deps, request);
    } catch (error) {
      return respondError(error, deps.log);
    }
  };
}

async function start(deps: VerifyBackupHandlerDeps, request: Request): Promise<Response> {
  refuseStrangers(request, deps.secretKeys);
  const { id, wait } = await deps.withDatabase(async (database) => {
    const caller = await authorize(request, { claimTicket: ticketClaimer(database), secretKeys: deps.secretKeys }, FUNCTION_NAME);
    const body = parseInput(startBody, caller.body);
    const { wait } = parseInput(startQuery, Object.fromEntries(new URL(request.url).searchParams));
    const trigger = caller.kind === "ticket" ? "schedule" : "http";
    return { id: body.verification_id ?? (await startVerification(database, trigger)), wait };
  });
  // A session of its own: the work outlives the request that started it.
  const work = deps.withDatabase((database) =>
    continueVerification({ ...deps, database }, id, deps.limits),
  );
  if (wait) return respondJson(200, stateOf(await work));
  runInBackground(work, deps.log).catch(() => undefined);
  return respondJson(202, { verification_id: id });
}

async function answerState(deps: VerifyBackupHandlerDeps, request: Request): Promise<Response> {
  await authorize(request, { secretKeys: deps.secretKeys }, FUNCTION_NAME);
  const query = parseInput(stateQuery, Object.fromEntries(new URL(request.url).searchParams));
  const data = await deps.withDatabase(async (database) => {
    const id = query.verification_id ?? (await newestVerificationId(database));
    if (id === null) {
      throw new HoldfastError("HF006", "There has been no verification yet", { hint: "Start one: POST to this function." });
    }
    return await readVerification(database, id);
  });
  return respondJson(200, {
    ...stateOf({
      verificationId: data.verification_id,
      verdict: data.verdict,
      report: data.report,
      pageKey: data.page_key,
      background: data.checks.filter(({ state }) => state === "background").map(({ check_name }) => check_name),
    }),
    started_at: data.started_at,
    finished_at: data.finished_at,
    open_checks: data.checks.filter(({ state }) => state !== "done").map(({ check_name }) => check_name),
  });
}

function stateOf(result: VerifyBackupResult): Record<string, unknown> {
  const { verificationId, verdict, report, pageKey, background } = result;
  return { verification_id: verificationId, verdict, background, report, page_key: pageKey };
}
