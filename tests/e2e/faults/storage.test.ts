import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FaultRule } from "../../../stack/s3/faults.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { type Bench, type CommandOptions, runCommand, startBench } from "../../support/e2e_bench.ts";
import { expectFailed, expectGood, expectNextGood, readRun } from "../../support/e2e_runs.ts";
import { queryRows } from "../../support/query_rows.ts";

/** Short waits inside the client, so that giving up takes a second. */
const IMPATIENT = { retries: 2, timeoutMs: 1_500, deadlineMs: 4_000 };

describe("exportBackup() against a storage that misbehaves", () => {
  let database: TestDatabase;
  let bench: Bench & { stop(): Promise<void> };
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    bench = await startBench(database.url);
  });
  afterEach(() => bench.storage.faults.clear());
  afterAll(async () => {
    await bench.stop();
    await database.drop();
  });

  async function failingRun(options: CommandOptions = {}): Promise<{ runId: string; error: unknown }> {
    const error = await runCommand(bench, { s3: IMPATIENT, ...options }).then(() => undefined, (reason: unknown) => reason);
    return { runId: (await readRun(bench))?.run_id ?? "", error };
  }

  it.each<[string, FaultRule[]]>([
    ["500 now and then, and 503 SlowDown with Retry-After", [
      { kind: "status", status: 503, code: "SlowDown", retryAfter: 1, times: 2, skip: 3 },
      { kind: "status", status: 500, method: "PUT", probability: 0.2, times: 0 },
    ]],
    ["a slow line", [{ kind: "slow", bytesPerSecond: 60_000, method: "PUT", times: 3 }]],
    ["connections cut before, within and after the work", [
      { kind: "hang_up", method: "PUT", key: "data/", times: 3 },
      { kind: "reset", times: 3, skip: 2 },
      { kind: "reset_after", method: "PUT", times: 3, skip: 1 },
    ]],
    ["answers cut half way", [{ kind: "cut_response", method: "GET", times: 2 }]],
  ])("exportBackup() completes over %s", async (_, rules) => {
    for (const rule of rules) bench.storage.faults.add(rule);
    const { runId } = await runCommand(bench, { workers: 2 });
    expect(bench.storage.faults.list().reduce((sum, one) => sum + one.hits, 0)).toBeGreaterThan(0);
    await expectGood(bench, runId);
  });

  it("exportBackup() survives an outage longer than the client's patience by trying the chunk again", async () => {
    bench.storage.faults.add({ kind: "status", status: 503, method: "PUT", key: "data/bank\\.checking/", times: 4 });
    const { runId } = await runCommand(bench, { s3: { retries: 0 } });
    await expectGood(bench, runId);
  });

  it.each<[string, string, RegExp, FaultRule]>([
    ["a storage that stays down", "HF203", /unavailable/, { kind: "status", status: 500, method: "PUT", key: "data/", times: 0 }],
    ["a full disk", "HF206", /no space or quota is left/, { kind: "disk_full", method: "PUT", key: "data/", times: 0 }],
    ["a storage that goes down before the manifest", "HF203", /unavailable/, { kind: "status", status: 500, method: "PUT", key: "manifest\\.json$", times: 0 }],
    ["an object that was accepted and is not there", "HF308", /is missing/, { kind: "lost", method: "PUT", key: "data/bank\\.savings/", skip: 2 }],
    ["a manifest that was accepted and is not there", "HF204", /acknowledged but is not stored/, { kind: "lost", method: "PUT", key: "manifest\\.json$", times: 0 }],
  ])("exportBackup() fails over %s with %s", async (_, code, message, rule) => {
    await setAttempts(2);
    bench.storage.faults.add(rule);
    const { runId, error } = await failingRun();
    expect(error).toMatchObject({ code });
    await expectFailed(bench, runId, code, message);
    await setAttempts(5);
  });

  it.each<[string, string, Record<string, string>]>([
    ["a wrong secret", "HF202", { HOLDFAST_S3_SECRET_ACCESS_KEY: "wrong-and-secret" }],
    ["an unknown key", "HF202", { HOLDFAST_S3_ACCESS_KEY_ID: "unknown" }],
    ["a bucket that is not there", "HF201", { HOLDFAST_S3_BUCKET: "holdfast-nowhere" }],
    ["another region", "HF206", { HOLDFAST_S3_REGION: "mars-north-1" }],
  ])("exportBackup() fails at once over %s with %s, before it plans anything", async (_, code, s3Env) => {
    const { runId, error } = await failingRun({ s3Env });
    expect(error).toMatchObject({ code });
    const run = await expectFailed(bench, runId, code);
    expect(JSON.stringify(run)).not.toContain("wrong-and-secret");
    expect(await queryRows(bench.databaseUrl, "select c.kind::text, c.attempts from backup.chunks c where c.run_id = $1", [runId]))
      .toEqual([{ kind: "plan", attempts: 1 }]);
  });

  // Once for all failures above: each left the bench to the next, which could not have started beside an active run.
  it("exportBackup() completes after all these failures, once storage and settings are right", async () => {
    await expectNextGood(bench);
  });

  async function setAttempts(attempts: number): Promise<void> {
    await queryRows(bench.databaseUrl, "update backup.settings set max_attempts = $1 where id", [attempts]);
  }
});
