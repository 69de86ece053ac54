import { describe, expect, test } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { type RetryPolicy, retry, systemClock, TransientFailure } from "../../../../functions/_shared/s3/retry.ts";

function policyWith(more: Partial<RetryPolicy> = {}): { policy: RetryPolicy; sleeps: number[] } {
  const sleeps: number[] = [];
  let now = 0;
  const clock = {
    now: () => now,
    async sleep(ms: number) {
      sleeps.push(ms);
      now += ms;
    },
  };
  return { sleeps, policy: { attempts: 6, deadlineMs: 60_000, baseDelayMs: 200, maxDelayMs: 1000, clock, random: () => 0.5, ...more } };
}
const passing = (retryAfterMs?: number): TransientFailure => new TransientFailure(new HoldfastError("HF203", "Cannot", { detail: "Why.", hint: "What." }), retryAfterMs);
const failing = (retryAfterMs?: number) => async (): Promise<never> => {
  throw passing(retryAfterMs);
};

describe("retry()", () => {
  test("retry() doubles the ceiling of its random delay up to the maximum", async () => {
    const { policy, sleeps } = policyWith();
    await expect(retry(policy, undefined, failing())).rejects.toMatchObject({ code: "HF203", detail: "Why. Gave up after 6 attempts in 1.7 s.", hint: "What." });
    expect(sleeps).toEqual([100, 200, 400, 500, 500]);
  });

  test("retry() spreads delays over the whole range", async () => {
    const { policy, sleeps } = policyWith({ random: () => 0 });
    await expect(retry(policy, undefined, failing())).rejects.toThrow();
    expect(sleeps).toEqual([0, 0, 0, 0, 0]);
  });

  test("retry() never waits less than the server asked for", async () => {
    const { policy, sleeps } = policyWith({ attempts: 2 });
    await expect(retry(policy, undefined, failing(3000))).rejects.toThrow();
    expect(sleeps).toEqual([3000]);
  });

  test("retry() gives up at once when the wait would outlive the deadline", async () => {
    const { policy, sleeps } = policyWith({ deadlineMs: 5000 });
    await expect(retry(policy, undefined, failing(6000))).rejects.toMatchObject({ detail: "Why. Gave up after 1 attempt in 0.0 s." });
    expect(sleeps).toEqual([]);
  });

  test("retry() tells each attempt its number and the time that is left", async () => {
    const { policy } = policyWith();
    const seen: number[][] = [];
    await retry(policy, undefined, async (attempt, remainingMs) => {
      seen.push([attempt, remainingMs]);
      if (attempt < 3) throw passing();
    });
    expect(seen).toEqual([[1, 60_000], [2, 59_900], [3, 59_700]]);
  });

  test("retry() passes other errors through on the first attempt", async () => {
    const { policy, sleeps } = policyWith();
    await expect(retry(policy, undefined, () => Promise.reject(new RangeError("bug")))).rejects.toThrow(RangeError);
    expect(sleeps).toEqual([]);
  });

  test("retry() starts nothing for a caller that has gone", async () => {
    const { policy } = policyWith();
    let started = 0;
    await expect(retry(policy, AbortSignal.abort(new Error("gone")), async () => started++)).rejects.toThrow("gone");
    expect(started).toBe(0);
  });

  test("systemClock.sleep() ends with the signal", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 10);
    const startedAt = Date.now();
    await expect(systemClock.sleep(5000, controller.signal)).rejects.toThrow("enough");
    await systemClock.sleep(1);
    expect(Date.now() - startedAt).toBeLessThan(2000);
  });
});
