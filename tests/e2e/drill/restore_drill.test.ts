import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseProof } from "../../../functions/_shared/prove/proof.ts";
import { createS3Client } from "../../../functions/_shared/s3/s3_client.ts";
import { parseS3Config } from "../../../functions/_shared/s3/s3_config.ts";
import type { FaultRule } from "../../../stack/s3/faults.ts";
import { type FunctionsBench, runCommand, startFunctionsBench } from "../../support/e2e_bench.ts";
import { callDrill, overwriteObject, readDrillRow, scratchDatabases, startDrillOverHttp, untilNoScratch, waitForDrill } from "../../support/e2e_drills.ts";
import { whenHit } from "../../support/e2e_runs.ts";
import { queryRows } from "../../support/query_rows.ts";
import { waitUntil } from "../../support/wait_until.ts";

/** Holds a worker while it loads rows. */
const IN_A_LOAD: FaultRule = { kind: "delay", delayMs: 2_500, method: "GET", key: "data/bank\\.checking/" };
/** Holds the worker that plans: the scratch database is there, and nothing in it. */
const BEFORE_THE_SCHEMA: FaultRule = { kind: "delay", delayMs: 2_500, method: "GET", key: "schema\\.json\\.gz" };

describe("restore-drill", () => {
  let bench: FunctionsBench;
  let runId: string;
  beforeAll(async () => {
    bench = await startFunctionsBench();
    ({ runId } = await runCommand(bench, { workers: 2 }));
  }, 120_000);
  beforeEach(async () => {
    await queryRows(bench.databaseUrl, "update backup.settings set max_attempts = 5 where id");
  });
  afterEach(async () => {
    bench.storage.faults.clear();
    await queryRows(bench.databaseUrl, "select backup.fail_drill(d.drill_id, 'HF521', 'the test is over') from backup.drills d where d.state = 'running'");
    await untilNoDrillWorker();
    await queryRows(bench.databaseUrl, "select backup.run_job('tick')");
    await untilNoScratch(bench);
    await queryRows(bench.databaseUrl, "delete from backup.drills; delete from backup.alerts; delete from backup.tickets");
  });
  afterAll(() => bench.stop());

  const alerts = () => queryRows(bench.databaseUrl, "select a.cause, a.severity, a.message from backup.alerts a where a.resolved_at is null");
  const untilNoDrillWorker = () => waitUntil(async () =>
    (await queryRows(bench.databaseUrl, "select from pg_stat_activity a where a.application_name like 'holdfast restore-drill%'")).length === 0, 20_000);
  async function killWorkers(): Promise<void> {
    expect(bench.stack.killIsolates("restore-drill")).toBeGreaterThan(0);
    bench.storage.faults.clear();
    // Fresh tickets count as workers on their way for a while; here the while is over.
    await queryRows(bench.databaseUrl, "update backup.tickets set issued_at = issued_at - interval '1 minute'");
  }

  it("restore-drill restores the backup into a scratch database, proves it, and leaves nothing behind", async () => {
    const from = bench.stack.invocations().length;
    const drill = await waitForDrill(bench, await startDrillOverHttp(bench));
    expect(drill, `${drill.failure_code} ${drill.failure_message} ${JSON.stringify(drill.proof)}`).toMatchObject({ state: "complete", verdict: "passed", run_id: runId, selection: "latest" });
    await untilNoScratch(bench);

    expect(Object.keys(drill.phase_seconds)).toEqual(expect.arrayContaining(["check", "install", "schema_before", "data", "sequences", "schema_after", "analyze", "prove"]));
    expect(Number(drill.rows)).toBeGreaterThan(20_000);
    const config = parseS3Config(bench.s3Env);
    if (config === null || drill.proof_key === null) throw new Error("There is no proof");
    const proof = parseProof(await createS3Client(config).getObject(drill.proof_key));
    expect(proof).toMatchObject({ verdict: "passed", scope: "full", run_id: runId, target: { database: drill.scratch_database } });
    expect(proof.findings.filter((one) => one.check_name === "check_fingerprints" && one.verdict === "passed").length).toBeGreaterThanOrEqual(3);

    expect(await queryRows(bench.databaseUrl, "select p.verified from backup.restore_points p where p.run_id = $1", [runId])).toEqual([{ verified: true }]);
    const [rto] = await queryRows(bench.databaseUrl, "select o.measured is not null as measured, o.extrapolated is not null as extrapolated from backup.recovery_objectives o where o.name = 'rto'");
    expect(rto).toEqual({ measured: true, extrapolated: true });
    expect(await alerts()).toEqual([]);

    // No invocation came near the limits of the platform.
    await waitUntil(() => bench.stack.invocations().length > from + 2);
    const invocations = bench.stack.invocations().slice(from).filter((one) => one.slug === "restore-drill");
    expect(invocations.filter((one) => one.outcome !== "ok" || one.cpuMs > 1000 || one.peakMb > 200)).toEqual([]);
  }, 120_000);

  it("restore-drill goes on after a worker was killed while it loaded rows, and loads none twice", async () => {
    const drillId = await startDrillOverHttp(bench);
    await whenHit(bench, IN_A_LOAD, killWorkers);
    const drill = await waitForDrill(bench, drillId);
    expect(drill, `${drill.failure_code} ${drill.failure_message} ${JSON.stringify(drill.proof)}`).toMatchObject({ state: "complete", verdict: "passed" });
    const [again] = await queryRows(bench.databaseUrl, "select max(s.attempts) as attempts from backup.drill_steps s where s.drill_id = $1 and s.kind = 'load'", [drillId]);
    expect(Number(again?.["attempts"])).toBeGreaterThan(1);
  }, 120_000);

  it("restore-drill fails when its workers keep dying, and its scratch database is dropped", async () => {
    await queryRows(bench.databaseUrl, "update backup.settings set max_attempts = 1 where id");
    const drillId = await startDrillOverHttp(bench);
    await whenHit(bench, IN_A_LOAD, killWorkers);
    expect(await waitForDrill(bench, drillId)).toMatchObject({ state: "failed", failure_code: "HF520", failure_message: expect.stringMatching(/^step \d+ \(load\) was given up by 1 workers$/) });
    await untilNoScratch(bench);
    expect(await alerts()).toEqual([expect.objectContaining({ cause: "drill_failed", severity: "critical" })]);
  }, 120_000);

  it("reap_scratch_databases() has a function drop what a worker left that was killed after it had created the database", async () => {
    const drillId = await startDrillOverHttp(bench);
    await whenHit(bench, BEFORE_THE_SCHEMA, killWorkers);
    const { scratch_database: name } = await readDrillRow(bench, drillId);
    expect(await scratchDatabases(bench)).toEqual([name]);
    await queryRows(bench.databaseUrl, "select backup.fail_drill($1, 'HF521', 'cancelled')", [drillId]);
    expect(await queryRows(bench.databaseUrl, "select o.database_name::text, o.reason from backup.orphaned_scratch_databases() o")).toEqual([{ database_name: name, reason: "its drill is failed" }]);
    await queryRows(bench.databaseUrl, "select backup.run_job('tick')");
    await untilNoScratch(bench);
  }, 60_000);

  it("reap_scratch_databases() has a function drop a scratch database that no drill is known of", async () => {
    const [row] = await queryRows(bench.databaseUrl, "select format('holdfast_drill_%s_%s', b.oid, md5('x')) as name from pg_database b where b.datname = current_database()");
    await queryRows(bench.databaseUrl, `create database "${String(row?.["name"])}" template template0`);
    await queryRows(bench.databaseUrl, "select backup.run_job('tick')");
    await untilNoScratch(bench);
  }, 60_000);

  it("restore-drill refuses a second drill with HF507 while one is active", async () => {
    bench.storage.faults.add(BEFORE_THE_SCHEMA);
    const answers = await Promise.all([callDrill(bench), callDrill(bench), callDrill(bench)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    expect(answers.filter(({ status }) => status === 409).map(({ body }) => body["code"])).toEqual(["HF507", "HF507"]);
    expect(await queryRows(bench.databaseUrl, "select from backup.drills")).toHaveLength(1);
  }, 60_000);

  it("restore-drill opens to a ticket once, and to no forged one", async () => {
    await queryRows(bench.databaseUrl, "update backup.settings set external_clock = true where id");
    try {
      const [row] = await queryRows(bench.databaseUrl, `select backup.dispatch('restore-drill', '{"action": "reap"}') as ticket, backup.dispatch('export-backup', '{"action": "start"}') as other`);
      const headers = (ticket: unknown) => ({ "x-holdfast-ticket": String(ticket) });
      expect((await callDrill(bench, {}, headers(row?.["ticket"]))).status).toBe(202);
      for (const ticket of [row?.["ticket"], row?.["other"], randomUUID(), "' or true --"]) {
        expect(await callDrill(bench, { action: "start" }, headers(ticket))).toMatchObject({ status: 401, body: { code: "HF101" } });
      }
      expect(await callDrill(bench, {}, {})).toMatchObject({ status: 401 });
      expect(await queryRows(bench.databaseUrl, "select from backup.drills")).toEqual([]);
    } finally {
      await queryRows(bench.databaseUrl, "update backup.settings set external_clock = false where id");
    }
  }, 30_000);

  it("restore-drill fails with the name of a damaged object and raises an alert, which the next good drill resolves", async () => {
    const [chunk] = await queryRows(bench.databaseUrl, "select c.object_key as key from backup.chunks c where c.run_id = $1 and c.kind = 'data' and c.table_name = 'savings' order by c.chunk_no limit 1", [runId]);
    const key = String(chunk?.["key"]);
    const flip = (bytes: Uint8Array<ArrayBuffer>) => {
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      return bytes;
    };
    const before = await overwriteObject(bench, key, flip);
    const failed = await waitForDrill(bench, await startDrillOverHttp(bench));
    expect(failed).toMatchObject({ state: "failed", verdict: "failed", failure_code: "HF501", failure_message: expect.stringContaining(key) });
    expect(await alerts()).toEqual([{ cause: "drill_failed", severity: "critical", message: expect.stringContaining(key) }]);
    await untilNoScratch(bench);

    await overwriteObject(bench, key, () => before);
    expect(await waitForDrill(bench, await startDrillOverHttp(bench))).toMatchObject({ state: "complete", verdict: "passed" });
    expect(await alerts()).toEqual([]);
  }, 180_000);

  it("run_job() starts the monthly drill, whose worker pg_net calls", async () => {
    await queryRows(bench.databaseUrl, "select backup.run_job('drill')");
    const [row] = await queryRows(bench.databaseUrl, "select d.drill_id::text, d.trigger from backup.drills d");
    expect(row?.["trigger"]).toBe("schedule");
    expect(await waitForDrill(bench, String(row?.["drill_id"]))).toMatchObject({ state: "complete", verdict: "passed" });
  }, 120_000);
});
