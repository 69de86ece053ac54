import { HoldfastError } from "../errors/holdfast_error.ts";

/** Time as the client sees it; tests put their own in its place. */
export interface Clock {
  now(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface RetryPolicy {
  /** Tries in all, the first one included. */
  readonly attempts: number;
  /** No attempt starts later than this many milliseconds after the first. */
  readonly deadlineMs: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly clock: Clock;
  /** In [0, 1): full jitter, so that workers refused together do not come back together. */
  readonly random: () => number;
}

/** A failure that may pass by itself. Carries the error that callers get when it does not. */
export class TransientFailure extends Error {
  override readonly name = "TransientFailure";
  readonly error: HoldfastError;
  readonly retryAfterMs: number | undefined;

  constructor(error: HoldfastError, retryAfterMs?: number) {
    super(error.message, { cause: error });
    this.error = error;
    this.retryAfterMs = retryAfterMs;
  }
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, ms);
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
};

/**
 * Runs the task until it succeeds, fails for good, or attempts or time run out.
 * Waits a random part of `baseDelayMs * 2^n` (at most `maxDelayMs`) between attempts, and never less than the server asked for.
 * @throws {HoldfastError} the error of the last transient failure, with the number of attempts; any other error at once
 */
export async function retry<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  task: (attempt: number, remainingMs: number) => Promise<T>,
): Promise<T> {
  const startedAt = policy.clock.now();
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await task(attempt, policy.deadlineMs - (policy.clock.now() - startedAt));
    } catch (failure) {
      if (!(failure instanceof TransientFailure)) throw failure;
      const ceiling = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1));
      const delay = Math.max(failure.retryAfterMs ?? 0, policy.random() * ceiling);
      const elapsed = policy.clock.now() - startedAt;
      if (attempt >= policy.attempts || elapsed + delay >= policy.deadlineMs) {
        const { code, message, detail, hint, cause } = failure.error;
        const tries = `Gave up after ${attempt} ${attempt === 1 ? "attempt" : "attempts"} in ${(elapsed / 1000).toFixed(1)} s.`;
        throw new HoldfastError(code, message, { detail: detail === undefined ? tries : `${detail} ${tries}`, hint, cause });
      }
      await policy.clock.sleep(delay, signal);
    }
  }
}
