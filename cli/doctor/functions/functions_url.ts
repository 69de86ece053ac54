import { z } from "zod";
import { HoldfastError } from "../../../functions/_shared/errors/holdfast_error.ts";
import type { DoctorSession, SessionCheck } from "../doctor_session.ts";

const TIMEOUT_MS = 15_000;
const FIX = "holdfast doctor --functions-url https://<ref>.supabase.co/functions/v1";

/** The address of the functions: asked for, of the environment, or as the database knows it. */
async function resolve(session: DoctorSession): Promise<string | null> {
  const { env, options, database } = session;
  const named = options.functionsUrl ?? env["HOLDFAST_FUNCTIONS_URL"];
  if (named) return named;
  if (env["SUPABASE_URL"]) return `${env["SUPABASE_URL"].replace(/\/+$/, "")}/functions/v1`;
  if (database === undefined) return null;
  try {
    return (await session.askOne(z.object({ url: z.string().nullable() }), "select backup.functions_url() as url")).url;
  } catch {
    // What is wrong with the schema is said by the checks of the database.
    return null;
  }
}

/** This machine reaches the gateway of the functions. */
export const functionsAddress: SessionCheck = {
  name: "functions/url",
  after: ["database/schema"],
  look: async (session) => {
    const url = await resolve(session);
    if (url === null) return { verdict: "inconclusive", seen: "where the functions answer is not known", fix: FIX };
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol) || new URL(url).username !== "") {
      return { verdict: "failed", seen: "the URL of the functions is not an http or https URL without a password", fix: FIX };
    }
    const { origin, pathname } = new URL(url);
    const shown = `${origin}${pathname.replace(/\/+$/, "")}`;
    session.functionsUrl = shown;
    try {
      const { status } = await callFunction(session, "backup-status", { method: "GET" });
      return { verdict: "passed", seen: `${shown} answers (${status})`, fix: null };
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      return { verdict: "failed", seen: `${shown} cannot be reached from this machine: ${error.detail ?? error.message}`, fix: `${FIX}   # the address as seen from here` };
    }
  },
};

export interface FunctionAnswer {
  readonly status: number;
  /** Parsed, where the answer is JSON. Whatever server it is from: never print it. */
  readonly body: unknown;
  /** `code` of the answer, where it looks like one. */
  readonly code: string | null;
}

const coded = z.object({ code: z.union([z.string(), z.number()]) });

/** Calls a function. @throws HoldfastError HF203 when nothing answers */
export async function callFunction(session: DoctorSession, slug: string, init: RequestInit, timeoutMs = TIMEOUT_MS): Promise<FunctionAnswer> {
  try {
    const response = await session.fetch(`${session.functionsUrl}/${slug}`, { redirect: "manual", signal: AbortSignal.timeout(timeoutMs), ...init });
    const text = (await response.text()).slice(0, 1_000_000);
    let body: unknown = null;
    try {
      body = JSON.parse(text);
    } catch {
      // Not JSON: the status has to do.
    }
    const { data } = coded.safeParse(body);
    const code = data === undefined ? null : String(data.code);
    return { status: response.status, body, code: code !== null && /^[A-Za-z0-9_]{1,40}$/.test(code) ? code : null };
  } catch (cause) {
    const reason = cause instanceof Error && cause.name === "TimeoutError" ? `no answer within ${timeoutMs / 1000} s` : reasonOf(cause);
    throw new HoldfastError("HF203", "The function cannot be reached", { detail: reason, cause });
  }
}

function reasonOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return "the connection failed";
}
