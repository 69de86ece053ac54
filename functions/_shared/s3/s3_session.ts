import { retry, type RetryPolicy } from "./retry.ts";
import type { S3Config } from "./s3_config.ts";
import type { ExchangeLimits, S3Reply, S3Request, S3Transport } from "./s3_transport.ts";

/** What every operation of one client shares, including what it learned about its server. */
export interface S3Session {
  readonly config: S3Config;
  readonly transport: S3Transport;
  readonly policy: RetryPolicy;
  readonly timeoutMs: number;
  /** The server answers 501 to `If-None-Match` on PUT: look before writing instead. */
  lacksConditionalPut: boolean;
  /** The server wants Content-MD5: AWS does, wherever an Object Lock retention applies. */
  wantsContentMd5: boolean;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export function limitsOf(session: S3Session, remainingMs: number, signal: AbortSignal | undefined): ExchangeLimits {
  return { timeoutMs: Math.min(session.timeoutMs, Math.max(1, remainingMs)), signal };
}

/**
 * One request with retries. A refusal comes back in `failure`.
 * @throws {HoldfastError} HF203, HF207
 */
export function request(session: S3Session, call: S3Request, options: CallOptions): Promise<S3Reply> {
  return retry(session.policy, options.signal, (_attempt, remainingMs) =>
    session.transport.exchange(call, limitsOf(session, remainingMs, options.signal)));
}

/**
 * As request, but a refusal is thrown.
 * @throws {HoldfastError} HF201, HF202, HF203, HF204, HF206, HF207, HF208
 */
export async function demand(session: S3Session, call: S3Request, options: CallOptions): Promise<S3Reply> {
  const reply = await request(session, call, options);
  if (reply.failure !== null) throw session.transport.refusal(call, reply.failure);
  return reply;
}
