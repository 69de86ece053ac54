import { type ErrorCode, ERRORS } from "./catalogue.ts";

export interface HoldfastErrorOptions {
  /** Facts about this occurrence. Never a secret, a signed URL or a row's values. */
  detail?: string | undefined;
  /** What to do next: a full sentence that names the command or setting. */
  hint?: string | undefined;
  cause?: unknown;
}

/** A failure the caller can act on. Anything else that is thrown is a bug. */
export class HoldfastError extends Error {
  override readonly name = "HoldfastError";
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: HoldfastErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = options.detail;
    this.hint = options.hint;
  }

  get httpStatus(): number {
    return ERRORS[this.code].http;
  }

  get exitCode(): number {
    return ERRORS[this.code].exit;
  }

  /** The four fields of a PostgREST error, so that clients of a Supabase project parse one shape. */
  toJSON(): { code: string; message: string; details: string | null; hint: string | null } {
    return { code: this.code, message: this.message, details: this.detail ?? null, hint: this.hint ?? null };
  }
}
