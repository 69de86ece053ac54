import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultRule } from "../../stack/s3/faults.ts";
import { type Bench, type CommandOptions, runCommand } from "./e2e_bench.ts";
import { listKeys, readBackup, type ReadBackup } from "./e2e_read_backup.ts";
import { queryRows } from "./query_rows.ts";
import { waitUntil } from "./wait_until.ts";

/** A run as the ledger tells it. */
export interface RunRow {
  run_id: string;
  state: string;
  engine: string;
  trigger: string;
  object_prefix: string;
  failure_code: string | null;
  failure_message: string | null;
  failure_detail: string | null;
}

/** The newest run, or the named one. */
export async function readRun(bench: Bench, runId?: string): Promise<RunRow | undefined> {
  const rows = await queryRows(bench.databaseUrl,
    "select r.run_id, r.state::text, r.engine, r.trigger, r.object_prefix, r.failure_code, r.failure_message, r.failure_detail from backup.runs r where coalesce(r.run_id = $1, true) order by r.requested_at desc limit 1",
    [runId ?? null]);
  return rows[0] as RunRow | undefined;
}

/** Lets a fault hit, and calls `act` as soon as it has. The hit request waits meanwhile. */
export async function whenHit(bench: Bench, rule: FaultRule, act: () => Promise<unknown>, timeoutMs = 20_000): Promise<void> {
  bench.storage.faults.add(rule);
  await waitUntil(() => bench.storage.faults.list().some((one) => one.rule === rule && one.hits > 0), timeoutMs);
  await act();
}

/** Waits for the end of a run; calls the minute tick every second, so that a test need not wait for minutes. */
export async function waitForEnd(bench: Bench, runId: string, timeoutMs = 60_000): Promise<RunRow> {
  const end = Date.now() + timeoutMs;
  for (let turn = 1; ; turn++) {
    const run = await readRun(bench, runId);
    if (run !== undefined && (run.state === "complete" || run.state === "failed")) return run;
    if (Date.now() > end) throw new Error(`Run ${runId} has not ended within ${timeoutMs} ms: ${JSON.stringify(run)}`);
    if (turn % 5 === 0) await queryRows(bench.databaseUrl, "select backup.run_job('tick')");
    await sleep(200);
  }
}

/** Says that the run is a backup: complete in the ledger, whole in the bucket, and equal to the tables as they are now. */
export async function expectGood(bench: Bench, runId: string): Promise<ReadBackup> {
  const run = await readRun(bench, runId);
  assert.equal(run?.state, "complete", `state of run ${runId}: ${run?.failure_code} ${run?.failure_message} ${run?.failure_detail}`);
  const backup = await readBackup(bench, run.object_prefix);
  assert.equal(backup.manifest.run_id, runId);
  const differing = await queryRows(bench.databaseUrl,
    `select t.schema || '.' || t.name as name, t.rows, t.fingerprint, f.rows as rows_now, f.fingerprint as fingerprint_now
     from jsonb_to_recordset($1) as t(schema text, name text, rows bigint, fingerprint text)
     cross join lateral backup.table_fingerprint(format('%I.%I', t.schema, t.name)::regclass) f
     where (t.rows, t.fingerprint) is distinct from (f.rows, f.fingerprint)`, [JSON.stringify(backup.manifest.tables)]);
  assert.deepEqual(differing, []);
  assert.ok(backup.manifest.totals.rows > 20_000, "the backup holds the accounts");
  return backup;
}

/** Says that the run failed for this reason, that nothing in the bucket claims otherwise, and that nothing is left of it. */
export async function expectFailed(bench: Bench, runId: string, code: string, message?: RegExp): Promise<RunRow> {
  const run = await readRun(bench, runId);
  assert.deepEqual({ state: run?.state, code: run?.failure_code }, { state: "failed", code }, `${run?.failure_message} ${run?.failure_detail}`);
  assert.ok(run !== undefined && (run.failure_message ?? "").length > 5, "the failure has a message");
  if (message !== undefined) assert.match(`${run.failure_message} ${run.failure_detail ?? ""}`, message);
  assert.deepEqual((await listKeys(bench, run.object_prefix)).filter((key) => key.endsWith("manifest.json")), []);
  await expectNothingHeld(bench, runId);
  return run;
}

/** A keeper that outlives its run would hold back vacuum for nothing. */
export async function expectNothingHeld(bench: Bench, runId: string): Promise<void> {
  await waitUntil(async () => (await queryRows(bench.databaseUrl,
    "select from pg_stat_activity a where a.application_name like 'holdfast:' || $1 || ':%'", [runId])).length === 0);
  const jobs = await queryRows(bench.databaseUrl, "select jobname from cron.job where jobname like 'holdfast-keeper-%'").catch(() => []);
  assert.deepEqual(jobs, []);
}

/** One run of the command that has to become a good backup. */
export async function expectNextGood(bench: Bench, options: CommandOptions = {}): Promise<ReadBackup> {
  bench.storage.faults.clear();
  const { runId } = await runCommand(bench, { workers: 2, ...options });
  return await expectGood(bench, runId);
}
