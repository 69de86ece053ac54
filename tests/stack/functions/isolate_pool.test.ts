import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IsolatePool } from "../../../stack/functions/isolate_pool.ts";
import { isolateOptions } from "../../support/isolate_options.ts";

describe("IsolatePool", () => {
  let made: Awaited<ReturnType<typeof isolateOptions>>;
  beforeAll(async () => {
    made = await isolateOptions();
  });
  afterAll(() => made.clear());

  it("IsolatePool reuses an idle isolate, makes a second one beside a busy one, and evicts an idle one for another function", async () => {
    const pool = new IsolatePool({ ...made.options, maxIsolates: 2 });
    const first = await pool.acquire("echo");
    const second = await pool.acquire("echo");
    expect(second).not.toBe(first);
    await first?.booted;
    if (first !== undefined) pool.release(first);
    expect(await pool.acquire("echo")).toBe(first);
    if (first !== undefined) pool.release(first);
    expect((await pool.acquire("sleeper"))?.slug).toBe("sleeper");
    expect(first?.exited).toBe(true);
    const waiting = pool.acquire("echo");
    await pool.close();
    expect(await waiting).toBeUndefined();
    expect(second?.exited).toBe(true);
  });

  it("IsolatePool.kill() hits the isolates of one function only", async () => {
    const pool = new IsolatePool({ ...made.options, maxIsolates: 4 });
    await (await pool.acquire("echo"))?.booted;
    const other = await pool.acquire("sleeper");
    await other?.booted;
    expect(pool.kill("echo")).toBe(1);
    expect(other?.killReason).toBeUndefined();
    expect(pool.kill()).toBeGreaterThanOrEqual(1);
    await pool.close();
  });
});
