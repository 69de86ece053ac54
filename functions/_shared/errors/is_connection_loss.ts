import { sqlStateOf } from "./from_postgres.ts";
import { HoldfastError } from "./holdfast_error.ts";

/** True when the session itself is gone, so that nothing more can be asked or reported through it. */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof HoldfastError) return error.code === "HF104";
  if (!(error instanceof Error)) return false;
  const state = sqlStateOf(error);
  // 57P01 to 57P03: the server ends the session or shuts down. pg's own errors have a message and no SQLSTATE.
  if (state !== undefined && /^(08|57P0[1-3])/.test(state)) return true;
  return /connection terminated|not queryable|client has encountered a connection error|ECONNRESET|EPIPE|ECONNREFUSED/i
    .test(`${error.message} ${"code" in error ? String(error.code) : ""}`);
}
