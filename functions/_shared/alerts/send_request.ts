import { TOOL_VERSION } from "../tool_version.ts";
import type { DeliveryRequest } from "./delivery_event.ts";

/** What came of one attempt. Holds no URL, no secret and nothing of the answer but its status. */
export type SendOutcome =
  | { readonly sent: true; readonly status: number }
  | {
    readonly sent: false;
    /** Null: there was no answer. */
    readonly status: number | null;
    readonly error: string;
    /** True when another attempt cannot change it. */
    readonly final: boolean;
    /** What the receiver asked for. */
    readonly retryAfterSeconds: number | null;
  };

export interface SendOptions {
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

const TIMEOUT_MS = 10_000;
/** Client errors that pass: request timeout, too early, too many requests. */
const PASSING = new Set([408, 425, 429]);

/** One attempt. A redirect is not followed, because it would carry the message and its key to a host nobody configured. Never throws. */
export async function sendRequest(request: DeliveryRequest, options: SendOptions = {}): Promise<SendOutcome> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await (options.fetch ?? fetch)(request.url, {
      method: request.method, headers: { "user-agent": `holdfast/${TOOL_VERSION}`, ...request.headers }, body: request.body, redirect: "manual", signal,
    });
    // The answer is not read: it may quote what was sent.
    await response.body?.cancel().catch(() => undefined);
    return outcomeOf(response, options.now ?? Date.now);
  } catch (error) {
    const why = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : `no answer (${failureName(error)})`;
    return { sent: false, status: null, error: why, final: false, retryAfterSeconds: null };
  }
}

function outcomeOf(response: Response, now: () => number): SendOutcome {
  const { status, type } = response;
  if (status >= 200 && status <= 299) return { sent: true, status };
  if (type === "opaqueredirect" || (status >= 300 && status <= 399)) {
    return { sent: false, status: status === 0 ? null : status, error: `HTTP ${status === 0 ? "3xx" : status}: redirects are not followed`, final: true, retryAfterSeconds: null };
  }
  const final = status >= 400 && status <= 499 && !PASSING.has(status);
  return { sent: false, status, error: `HTTP ${status}`, final, retryAfterSeconds: retryAfter(response.headers.get("retry-after"), now()) };
}

/** Seconds, or a date. */
function retryAfter(value: string | null, now: number): number | null {
  if (value === null) return null;
  const seconds = /^\d{1,9}$/.test(value.trim()) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : null;
}

/** The code of a network error, or its class. Its message may quote the URL. */
function failureName(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string" && /^[A-Z0-9_]+$/.test(at.code)) return at.code;
  }
  return error instanceof Error ? error.name : "unknown";
}
