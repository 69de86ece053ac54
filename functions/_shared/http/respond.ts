import { HoldfastError } from "../errors/holdfast_error.ts";
import { describeUnexpected } from "../errors/describe_unexpected.ts";
import { fromPostgres } from "../errors/from_postgres.ts";
import { MethodNotAllowed } from "./check_method.ts";

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

export function respondJson(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { ...HEADERS, "content-type": "application/json; charset=utf-8", ...headers },
  });
}

export function respondMarkdown(text: string): Response {
  return respondText(text, "text/markdown; charset=utf-8");
}

export function respondText(text: string, contentType: string): Response {
  return new Response(text, { status: 200, headers: { ...HEADERS, vary: "accept", "content-type": contentType } });
}

/**
 * The only place that turns an error into a response. What a caller cannot act on is a bug: it is logged without
 * its message, which may quote data, and answered with 500 and nothing else.
 */
export function respondError(error: unknown, log: (line: string) => void = (line) => console.error(line)): Response {
  const known = fromPostgres(error);
  const headers: Record<string, string> = known instanceof MethodNotAllowed ? { allow: known.allow } : {};
  if (known instanceof HoldfastError) {
    // Met before a ticket can be looked up, so the answer goes to anybody: where the database is stays in the log.
    if (known.code !== "HF104") return respondJson(known.httpStatus, known.toJSON(), headers);
    log(`${known.code}: ${known.message}: ${known.detail ?? ""}`);
    return respondJson(known.httpStatus, { ...known.toJSON(), details: null }, headers);
  }
  log(`unexpected error: ${describeUnexpected(known)}`);
  return respondJson(500, {
    code: "XX000",
    message: "Internal error",
    details: null,
    hint: "Look for 'unexpected error' in the logs of this function.",
  });
}
