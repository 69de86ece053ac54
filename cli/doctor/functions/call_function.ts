import { z } from "zod";
import { HoldfastError } from "../../../functions/_shared/errors/holdfast_error.ts";
import type { DoctorSession } from "../doctor_session.ts";

const TIMEOUT_MS = 15_000;

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
