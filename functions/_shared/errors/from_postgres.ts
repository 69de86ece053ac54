import { isErrorCode } from "./catalogue.ts";
import { HoldfastError } from "./holdfast_error.ts";

/** Fields of a server error as pg reports them; anything thrown may have them or not. */
interface ServerError {
  code?: unknown;
  message?: unknown;
  detail?: unknown;
  hint?: unknown;
}

/** SQLSTATE of a server error, or undefined for anything else. */
export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code } = error as ServerError;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/**
 * Errors that SQL raised with a code of the catalogue become HoldfastError and keep detail and hint.
 * Everything else comes back as it was.
 */
export function fromPostgres(error: unknown): unknown {
  const code = sqlStateOf(error);
  if (error instanceof HoldfastError || !isErrorCode(code)) return error;
  const { message, detail, hint } = error as ServerError;
  return new HoldfastError(code, typeof message === "string" ? message : code, {
    detail: typeof detail === "string" ? detail : undefined,
    hint: typeof hint === "string" ? hint : undefined,
    cause: error,
  });
}
