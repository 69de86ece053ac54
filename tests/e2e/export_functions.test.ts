import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AgeIdentities } from "../../functions/_shared/encryption/age_identities.ts";
import type { Manifest } from "../../functions/_shared/export/manifest.ts";
import { openBackup } from "../../functions/_shared/restore/backup_source.ts";
import { unsealBackup } from "../../functions/_shared/restore/unseal_backup.ts";
import { createS3Client } from "../../functions/_shared/s3/s3_client.ts";
import { parseS3Config } from "../../functions/_shared/s3/s3_config.ts";
import { HOSTED_LIMITS } from "../../stack/functions/limits.ts";
import { makeAgeKey } from "../support/age_keys.ts";
import { startFunctionsBench, type FunctionsBench, runCommand } from "../support/e2e_bench.ts";
import { callExport, hurryKeeper, startRunByClock, startRunOverHttp, untilQuiet } from "../support/e2e_functions.ts";
import { expectGood, expectNothingHeld, readRun, waitForEnd } from "../support/e2e_runs.ts";
import type { ReadBackup } from "../support/e2e_read_backup.ts";
import { queryRows } from "../support/query_rows.ts";
import { waitUntil } from "../support/wait_until.ts";

const fingerprints = (backup: ReadBackup): string[] =>
  backup.manifest.tables.map((one) => `${one.schema}.${one.name} ${one.rows} ${one.fingerprint}`).sort();

describe("export-backup", () => {
  let bench: FunctionsBench;
  let first: ReadBackup;
  beforeAll(async () => {
    bench = await startFunctionsBench();
  });
  afterAll(() => bench.stop());

  it("run_job() exports by ticket, keeper and hand-over, within the limits of the platform", async () => {
    // The only run here that waits for the clock itself to bring the keeper: up to a minute with an old pg_cron.
    const { run_id: runId, trigger, engine } = await startRunByClock(bench);
    expect({ trigger, engine }).toEqual({ trigger: "schedule", engine: "functions" });
    await waitForEnd(bench, runId, 120_000);
    first = await expectGood(bench, runId);
    await untilQuiet(bench);
    expect(await queryRows(bench.databaseUrl, "select event, channel from backup.alert_deliveries where content ->> 'subject' = $1", [runId]))
      .toEqual([{ event: "heartbeat", channel: "heartbeat_export" }]);

    const invocations = bench.stack.invocations().filter((one) => one.slug === "export-backup");
    expect(invocations.length).toBeGreaterThanOrEqual(4);
    expect(invocations.filter((one) => one.outcome !== "ok" || one.status !== 202)).toEqual([]);
    expect(Math.max(...invocations.map((one) => one.cpuMs))).toBeLessThan(HOSTED_LIMITS.cpuHardMs);
    expect(Math.max(...invocations.map((one) => one.peakMb))).toBeLessThan(HOSTED_LIMITS.memoryMb);

    const [shared] = await queryRows(bench.databaseUrl,
      `select count(distinct c.claimed_by)::integer as workers,
              (select count(*)::integer from backup.tickets t where t.run_id = $1 and t.claimed_at is not null) as hand_overs
       from backup.chunks c where c.run_id = $1 and c.kind = 'data'`, [runId]);
    expect(Number(shared?.["workers"])).toBeGreaterThanOrEqual(2);
    expect(Number(shared?.["hand_overs"])).toBeGreaterThanOrEqual(2);
    await expectNothingHeld(bench, runId);
  }, 150_000);

  it("export-backup stores what a person with gunzip expects to find", () => {
    expect(first.keys.filter((key) => !key.startsWith("data/")).sort())
      .toEqual(["config.json.gz", "globals.json.gz", "manifest.json", "roles.sql.gz", "schema.json.gz", "schema.sql.gz", "sequences.json.gz"]);
    expect(first.keys.length).toBe(first.manifest.totals.objects + 1);
    expect(first.rows.get("bank.checking")?.length).toBe(10_000);
  });

  it("export-backup exports again, over HTTP, with the same fingerprints", async () => {
    const runId = await startRunOverHttp(bench);
    await waitForEnd(bench, runId);
    expect(fingerprints(await expectGood(bench, runId))).toEqual(fingerprints(first));
  }, 60_000);

  it("exportBackup() of the same database has the same fingerprints", async () => {
    const { runId } = await runCommand(bench, { workers: 2 });
    const backup = await expectGood(bench, runId);
    expect(backup.manifest.engine).toBe("cli");
    expect(fingerprints(backup)).toEqual(fingerprints(first));
  });

  it("start_run() lets one of two exports in: HTTP, clock and SQL at once", async () => {
    const before = await queryRows(bench.databaseUrl, "select count(*)::integer as runs from backup.runs");
    const answers = await Promise.all([
      callExport(bench), callExport(bench),
      queryRows(bench.databaseUrl, "select backup.run_job('export')"),
    ]);
    expect([answers[0].status, answers[1].status].filter((status) => status === 202).length).toBeLessThanOrEqual(1);
    for (const answer of [answers[0], answers[1]]) {
      if (answer.status !== 202) expect(answer).toMatchObject({ status: 409, body: { code: "HF002" } });
    }
    await untilRuns(Number(before[0]?.["runs"]) + 1);
    const run = await readRun(bench);
    await hurryKeeper(bench, run?.run_id ?? "");
    expect((await callExport(bench)).status).toBe(409);
    await waitForEnd(bench, run?.run_id ?? "");
    await expectGood(bench, run?.run_id ?? "");
    const after = await queryRows(bench.databaseUrl, "select count(*)::integer as runs from backup.runs");
    expect(Number(after[0]?.["runs"])).toBe(Number(before[0]?.["runs"]) + 1);
  }, 60_000);

  it("start_run() makes exactly one run of ten calls at the same time", async () => {
    const calls = await Promise.allSettled(Array.from({ length: 10 }, () => queryRows(bench.databaseUrl, "select backup.start_run('sql', 'cli') as run_id")));
    const refused = calls.filter((one) => one.status === "rejected").map((one) => (one.reason as { code?: string }).code);
    expect(refused).toEqual(Array.from({ length: 9 }, () => "HF002"));
    expect(await queryRows(bench.databaseUrl, "select backup.cancel_run(r.run_id) as ended from backup.runs r where r.state in ('starting', 'exporting')"))
      .toEqual([{ ended: true }]);
  });

  it("export-backup encrypts a run to the recipients that the ledger has for it, within the limits of the platform", async () => {
    const key = await makeAgeKey();
    await untilQuiet(bench);
    const from = bench.stack.invocations().length;
    const [started] = await queryRows(bench.databaseUrl,
      "select s.run_id, backup.fix_recipients(s.run_id, array[$1]) from (select backup.start_run('sql', 'functions') as run_id offset 0) s", [key.recipient]);
    const runId = String(started?.["run_id"]);
    await hurryKeeper(bench, runId);
    await waitForEnd(bench, runId, 120_000);
    const config = parseS3Config(bench.s3Env);
    if (config === null) throw new Error("The bench has no storage settings");
    const s3 = createS3Client(config);
    const { manifest } = await unsealBackup(await openBackup(s3, runId), await AgeIdentities.parse([{ name: "key", text: key.file }]));
    expect(manifest.objects.map(({ key: name }) => name).filter((name) => !name.endsWith(".gz.age"))).toEqual([]);
    expect(manifest.objects.map(({ content }) => content)).toContain("schema.sql");
    const line = (one: Manifest["tables"][number]) => `${one.schema}.${one.name} ${one.rows} ${one.fingerprint}`;
    expect(manifest.tables.map(line).sort()).toEqual(fingerprints(first));

    await untilQuiet(bench);
    const invocations = bench.stack.invocations().slice(from).filter((one) => one.slug === "export-backup");
    expect(invocations.filter((one) => one.outcome !== "ok" || one.status !== 202)).toEqual([]);
    expect(Math.max(...invocations.map((one) => one.cpuMs))).toBeLessThan(HOSTED_LIMITS.cpuHardMs);
    expect(Math.max(...invocations.map((one) => one.peakMb))).toBeLessThan(HOSTED_LIMITS.memoryMb);
  }, 150_000);

  async function untilRuns(count: number): Promise<void> {
    await waitUntil(async () => Number((await queryRows(bench.databaseUrl, "select count(*)::integer as runs from backup.runs"))[0]?.["runs"]) === count);
  }
});

describe("export-backup without S3 settings", () => {
  let bench: FunctionsBench;
  beforeAll(async () => {
    bench = await startFunctionsBench({ functionSecrets: {} });
  });
  afterAll(() => bench.stop());

  it("export-backup says that the backup is off, and neither starts a run nor raises an alert", async () => {
    expect(await callExport(bench)).toMatchObject({ status: 200, body: { state: "off" } });
    await queryRows(bench.databaseUrl, "select backup.run_job('export')");
    await untilQuiet(bench);
    expect(await queryRows(bench.databaseUrl,
      "select (select count(*) from backup.runs)::integer as runs, (select count(*) from backup.alerts)::integer as alerts, (select count(*) from backup.tickets t where t.claimed_at is null)::integer as unused"))
      .toEqual([{ runs: 0, alerts: 0, unused: 0 }]);
  });
});
