import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HOSTED_LIMITS } from "../../../stack/functions/limits.ts";
import type { FaultRule } from "../../../stack/s3/faults.ts";
import { type FunctionsBench, runCommand, startFunctionsBench } from "../../support/e2e_bench.ts";
import { hurryKeeper, startRunByClock, startRunOverHttp, untilQuiet } from "../../support/e2e_functions.ts";
import { expectFailed, expectGood, readRun, waitForEnd, whenHit } from "../../support/e2e_runs.ts";
import { queryRows } from "../../support/query_rows.ts";

/** Holds a worker in the middle of a chunk: the rows are copied and their object is on its way. */
const IN_A_CHUNK: FaultRule = { kind: "delay", delayMs: 2_000, method: "PUT", key: "data/bank\\.checking/" };

describe("export-backup when its parts die", () => {
  let bench: FunctionsBench;
  beforeAll(async () => {
    bench = await startFunctionsBench();
  });
  afterEach(async () => {
    bench.storage.faults.clear();
    await untilQuiet(bench);
  });
  afterAll(() => bench.stop());

  /** Fresh tickets count as living workers for a while; here the while is over. */
  async function ageTickets(): Promise<void> {
    await queryRows(bench.databaseUrl, "update backup.tickets set issued_at = issued_at - interval '1 minute'");
  }
  async function killWorkers(): Promise<void> {
    expect(bench.stack.killIsolates("export-backup")).toBeGreaterThan(0);
    bench.storage.faults.clear();
    await ageTickets();
  }
  async function expectNextRunGood(): Promise<void> {
    bench.storage.faults.clear();
    const runId = await startRunOverHttp(bench);
    expect(await waitForEnd(bench, runId)).toMatchObject({ state: "complete" });
    await expectGood(bench, runId);
  }

  it("tick() replaces workers that were killed within a chunk, and the run completes", async () => {
    const runId = await startRunOverHttp(bench);
    await whenHit(bench, IN_A_CHUNK, killWorkers);
    expect((await queryRows(bench.databaseUrl, "select from backup.chunks c where c.run_id = $1 and c.state = 'claimed'", [runId])).length).toBeGreaterThan(0);
    await waitForEnd(bench, runId);
    const { manifest } = await expectGood(bench, runId);
    // The second attempt has a name of its own, because an object is never overwritten.
    expect(manifest.tables.flatMap((one) => one.chunks ?? []).some((chunk) => chunk.key.includes("~2.copy.gz"))).toBe(true);
  }, 60_000);

  it("tick() ends a run with HF307 when its workers keep dying", async () => {
    await queryRows(bench.databaseUrl, "update backup.settings set max_attempts = 1 where id");
    const runId = await startRunOverHttp(bench);
    await whenHit(bench, IN_A_CHUNK, killWorkers);
    await waitForEnd(bench, runId);
    await expectFailed(bench, runId, "HF307", /given up by 1 workers/);
    await queryRows(bench.databaseUrl, "update backup.settings set max_attempts = default where id");
  }, 60_000);

  it("export-backup fails with HF300 when the keeper is terminated", async () => {
    const runId = await startRunOverHttp(bench);
    await whenHit(bench, IN_A_CHUNK, async () => {
      expect(await queryRows(bench.databaseUrl, "select pg_terminate_backend(r.keeper_pid) as ended from backup.runs r where r.run_id = $1", [runId]))
        .toEqual([{ ended: true }]);
    });
    await waitForEnd(bench, runId);
    await expectFailed(bench, runId, "HF300");
  }, 60_000);

  it.each(["fast", "immediate"] as const)("export-backup fails with HF300 over a restart of the database in mode %s, and the next run completes", async (mode) => {
    const runId = await startRunOverHttp(bench);
    await whenHit(bench, IN_A_CHUNK, () => bench.stack.restartPostgres(mode));
    await waitForEnd(bench, runId);
    await expectFailed(bench, runId, "HF300");
    await expectNextRunGood();
  }, 60_000);

  it("export-backup survives storage faults and kills in one run", async () => {
    bench.storage.faults.add({ kind: "status", status: 503, code: "SlowDown", method: "PUT", probability: 0.2, times: 0 });
    const { run_id: runId } = await startRunByClock(bench);
    await hurryKeeper(bench, runId);
    await whenHit(bench, { ...IN_A_CHUNK, key: "data/bank\\.savings/" }, killWorkers);
    await waitForEnd(bench, runId);
    await expectGood(bench, runId);
  }, 60_000);

  it("export-backup refuses a row larger than a function may hold with HF303 and points to the command, which exports it", async () => {
    await queryRows(bench.databaseUrl, "create table bank.attachments as select 1 as id, repeat('x', 40 * 1024 * 1024) as body");
    const runId = await startRunOverHttp(bench);
    await waitForEnd(bench, runId);
    await expectFailed(bench, runId, "HF303", /bank\.attachments as one row is too large for a function.*Run holdfast backup/s);
    await untilQuiet(bench);
    const last = bench.stack.invocations().slice(-3);
    expect(last.filter((one) => one.outcome !== "ok" || one.peakMb >= HOSTED_LIMITS.memoryMb)).toEqual([]);

    const { runId: commandRun } = await runCommand(bench);
    const backup = await expectGood(bench, commandRun);
    expect(backup.rows.get("bank.attachments")?.[0]?.[1]?.length).toBe(40 * 1024 * 1024);
    await queryRows(bench.databaseUrl, "drop table bank.attachments");
    expect((await readRun(bench))?.state).toBe("complete");
  }, 60_000);
});
