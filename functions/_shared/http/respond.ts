import { HoldfastError } from "../errors/holdfast_error.ts";
import { fromPostgres, sqlStateOf } from "../errors/from_postgres.ts";

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

export function respondJson(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { ...HEADERS, "content-type": "application/json; charset=utf-8", ...headers },
  });
}

export function respondMarkdown(text: string): Response {
  return new Response(text, { status: 200, headers: { ...HEADERS, "content-type": "text/markdown; charset=utf-8" } });
}

/**
 * The only place that turns an error into a response. What a caller cannot act on is a bug: it is logged without
 * its message, which may quote data, and answered with 500 and nothing else.
 */
export function respondError(
  error: unknown,
  log: (line: string) => void = (line) => console.error(line),
  headers: Readonly<Record<string, string>> = {},
): Response {
  const known = fromPostgres(error);
  if (known instanceof HoldfastError) return respondJson(known.httpStatus, known.toJSON(), headers);
  log(`unexpected error: ${describeUnexpected(known)}`);
  return respondJson(500, {
    code: "XX000",
    message: "Internal error",
    details: null,
    hint: "Look for 'unexpected error' in the logs of this function.",
  });
}

/** Name, SQLSTATE and the place in the code; a message may hold values of rows. */
export function describeUnexpected(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [error.name, sqlStateOf(error) ?? "", ...frames.slice(0, 8).map((line) => line.trim())].filter(Boolean).join(" ");
}
