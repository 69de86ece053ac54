import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { METRIC_FAMILIES } from "../../../../functions/_shared/metrics/metric_families.ts";
import { readMetrics } from "../../../../functions/_shared/metrics/read_metrics.ts";
import { renderMetrics } from "../../../../functions/_shared/metrics/render_metrics.ts";
import { TOOL_VERSION } from "../../../../functions/_shared/tool_version.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { parseMetrics } from "../../../support/parse_metrics.ts";

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  client = await connect(database.url, { applicationName: "holdfast test" });
});
afterAll(async () => {
  await client.end();
  await database.drop();
});
// now() stands still inside a transaction, so that ages can be compared to the microsecond.
beforeEach(() => client.query("begin"));
afterEach(() => client.query("rollback"));

const each = (name: string, label: string, values: readonly string[], sql: (value: string) => string): [string, string][] =>
  values.map((value) => [`${name}{${label}=${value}}`, sql(value)]);
const VERDICTS = ["passed", "failed", "inconclusive", "skipped"];
const RUN_STATES = ["starting", "exporting", "complete", "failed", "expired"];
const JOBS = ["tick", "export", "verify", "drill", "retention", "prune"];
const epoch = (sql: string): string => `select extract(epoch from (${sql}))`;

// Written from the tables, and otherwise than the view: no view of the ledger is asked.
const NEWEST = "(select r from backup.runs r where r.state = 'complete' and r.snapshot_at = (select max(snapshot_at) from backup.runs where state = 'complete'))";
const PROVEN_AT = "(select max(r.snapshot_at) from backup.runs r, backup.drills d where r.state = 'complete' and d.run_id = r.run_id and d.verdict = 'passed' and (d.manifest_sha256 is null or d.manifest_sha256 = r.manifest_sha256))";
const LAST_CHECK = "(select verification_id from backup.verifications where finished_at = (select max(finished_at) from backup.verifications))";
const LAST_DRILL = "backup.drills where finished_at = (select max(finished_at) from backup.drills)";
const ACTIVE = "(select run_id from backup.runs where finished_at is null)";
const INDEPENDENT: [string, string][] = [
  ["observed_timestamp_seconds", epoch("now()")],
  ["secondary_backup_enabled", "select count(*) from (select from backup.policies where provider = 'aws_s3' and enabled limit 1) one"],
  ["stale_after_seconds", "select case when exists (select from backup.policies where name = 'secondary_daily' and enabled) then 108000 else 756000 end"],
  ["restore_points", "select count(*) from backup.runs where state = 'complete'"],
  ["verified_restore_points", "select count(distinct r.run_id) from backup.runs r, backup.drills d where r.state = 'complete' and d.run_id = r.run_id and d.verdict = 'passed' and (d.manifest_sha256 is null or d.manifest_sha256 = r.manifest_sha256)"],
  ["restore_points_stored_bytes", "select coalesce(sum(stored_bytes), 0) from backup.runs where state = 'complete'"],
  ["newest_restore_point_timestamp_seconds", epoch(`select (${NEWEST}).snapshot_at`)],
  ["newest_restore_point_age_seconds", epoch(`select now() - (${NEWEST}).snapshot_at`)],
  ["newest_restore_point_verified", `select case when (${NEWEST}).run_id is not null then (select count(*) from (select from backup.drills where run_id = (${NEWEST}).run_id and verdict = 'passed' and manifest_sha256 = 's' limit 1) one) end`],
  ["newest_restore_point_rows", `select (${NEWEST}).rows`],
  ["newest_restore_point_raw_bytes", `select (${NEWEST}).raw_bytes`],
  ["newest_restore_point_stored_bytes", `select (${NEWEST}).stored_bytes`],
  ["newest_restore_point_warnings", `select jsonb_array_length((${NEWEST}).warnings)`],
  ["newest_verified_restore_point_timestamp_seconds", epoch(PROVEN_AT)],
  ["newest_verified_restore_point_age_seconds", epoch(`now() - ${PROVEN_AT}`)],
  ["rpo_seconds", epoch(`now() - ${PROVEN_AT}`)],
  ["rpo_target_seconds", "select 3600"],
  ["rto_target_seconds", "select 14400"],
  ["rto_seconds", "select percentile_cont(0.95) within group (order by extract(epoch from finished_at - started_at)) from backup.drills where verdict = 'passed'"],
  // All of these drills restored as many bytes as the newest restore point holds.
  ["rto_expected_seconds", "select percentile_cont(0.95) within group (order by extract(epoch from finished_at - started_at)) from backup.drills where verdict = 'passed'"],
  ["never_succeeded{operation=export}", "select (not exists (select from backup.runs where manifest_key is not null))::integer"],
  ["never_succeeded{operation=verification}", "select (not exists (select from backup.verifications where verdict = 'passed'))::integer"],
  ["never_succeeded{operation=drill}", "select (not exists (select from backup.drills where verdict = 'passed'))::integer"],
  ["last_success_timestamp_seconds{operation=export}", epoch("select max(finished_at) from backup.runs where state in ('complete', 'expired')")],
  ["last_success_timestamp_seconds{operation=verification}", epoch("select finished_at from backup.verifications where verdict = 'passed' order by 1 desc limit 1")],
  ["last_success_timestamp_seconds{operation=drill}", epoch("select finished_at from backup.drills where verdict = 'passed' order by 1 desc limit 1")],
  ["last_failure_timestamp_seconds{operation=export}", epoch("select max(finished_at) from backup.runs where failure_code is not null")],
  ["last_failure_timestamp_seconds{operation=verification}", epoch("select finished_at from backup.verifications where verdict = 'failed' order by 1 desc limit 1")],
  ["last_failure_timestamp_seconds{operation=drill}", epoch("select finished_at from backup.drills where verdict = 'failed' order by 1 desc limit 1")],
  ["last_duration_seconds{operation=export}", epoch("select finished_at - requested_at from backup.runs where requested_at = (select max(requested_at) from backup.runs where finished_at is not null)")],
  ["last_duration_seconds{operation=verification}", epoch(`select finished_at - started_at from backup.verifications where verification_id = ${LAST_CHECK}`)],
  ["last_duration_seconds{operation=drill}", epoch(`select finished_at - started_at from ${LAST_DRILL}`)],
  ...each("last_run_state", "holdfast_last_run_state", RUN_STATES, (state) => `select (state = '${state}')::integer from backup.runs where requested_at = (select max(requested_at) from backup.runs)`),
  ...each("last_verification_verdict", "holdfast_last_verification_verdict", VERDICTS, (verdict) => `select (verdict = '${verdict}')::integer from backup.verifications where verification_id = ${LAST_CHECK}`),
  ...each("last_drill_verdict", "holdfast_last_drill_verdict", VERDICTS, (verdict) => `select (verdict = '${verdict}')::integer from ${LAST_DRILL}`),
  ...["check_indexes", "check_row_counts"].flatMap((check) => [
    ...VERDICTS.map((verdict): [string, string] => [`last_verification_answers{check=${check},verdict=${verdict}}`,
      `select count(*) filter (where verdict = '${verdict}') from backup.verification_results where check_name = '${check}' and verification_id = ${LAST_CHECK} having count(*) > 0`]),
    [`last_verification_check_seconds{check=${check}}`, `select max(duration_ms) / 1000 from backup.verification_results where check_name = '${check}' and verification_id = ${LAST_CHECK}`] as [string, string],
  ]),
  ...each("last_drill_phase_seconds", "phase", ["schema", "data"], (phase) => `select (phase_seconds ->> '${phase}')::float8 from ${LAST_DRILL}`),
  ...["plan", "copy", "render", "manifest"].map((phase, no): [string, string] => [`newest_restore_point_phase_seconds{phase=${phase}}`,
    epoch(`select max(c.done_at) - coalesce((select max(o.done_at) from backup.chunks o where o.run_id = (${NEWEST}).run_id and o.phase < ${no}), (${NEWEST}).snapshot_at)
           from backup.chunks c where c.run_id = (${NEWEST}).run_id and c.phase = ${no}`)]),
  ...each("open_alerts", "severity", ["critical", "warning"], (severity) => `select count(*) from backup.alerts where severity = '${severity}' and resolved_at is null`),
  ["alert_open{cause=export_failed,severity=critical}", "select count(*) from backup.alerts where cause = 'export_failed' and resolved_at is null having count(*) > 0"],
  ["alert_raised_timestamp_seconds{cause=export_failed,severity=critical}", epoch("select raised_at from backup.alerts where cause = 'export_failed' and resolved_at is null")],
  ["active_run", `select (${ACTIVE} is not null)::integer`],
  ...each("active_run_chunks", "state", ["pending", "claimed", "done", "replaced"], (state) => `select count(*) from backup.chunks where run_id = ${ACTIVE} and state = '${state}'`),
  ["active_run_progress_ratio", `select 0.5 where ${ACTIVE} is not null`],
  ["keeper_age_seconds", epoch("select now() - keeper_claimed_at from backup.runs where finished_at is null")],
  ["keeper_alive", "select case when keeper_pid is not null then 1 end from backup.runs where finished_at is null"],
  ...each("job_never_succeeded", "job_name", JOBS, (job) => `select 1 - count(*) from backup.job_states where job_name = '${job}' and succeeded > 0`),
  ...each("job_last_success_timestamp_seconds", "job_name", JOBS, (job) => epoch(`select last_success_at from backup.job_states where job_name = '${job}'`)),
  ...each("job_last_failure_timestamp_seconds", "job_name", JOBS, (job) => epoch(`select last_failure_at from backup.job_states where job_name = '${job}'`)),
  ...each("job_last_duration_seconds", "job_name", JOBS, (job) => `select last_seconds from backup.job_states where job_name = '${job}'`),
  ...JOBS.flatMap((job) => ["succeeded", "failed"].map((outcome): [string, string] => [`job_runs_total{job_name=${job},outcome=${outcome}}`, `select coalesce(sum(${outcome}), 0) from backup.job_states where job_name = '${job}'`])),
  ["ledger_max_bytes", "select 536870912"],
];

/** What the ledger holds, asked metric by metric; with the health that the state is meant to have. */
async function independent(health: string): Promise<Record<string, number>> {
  const values: Record<string, number> = { [`build_info{project=local,version=${TOOL_VERSION}}`]: 1 };
  for (const state of ["never_ran", "healthy", "running", "stale", "failing"]) values[`health{holdfast_health=${state}}`] = Number(state === health);
  for (const [key, sql] of INDEPENDENT) {
    const value = Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0];
    if (value !== null && value !== undefined) values[key] = Number(value);
  }
  return values;
}

async function measured(): Promise<Record<string, number>> {
  const samples = await readMetrics(client);
  for (const format of ["openmetrics", "prometheus"] as const) parseMetrics(renderMetrics(samples, format), format);
  for (const { name } of samples) named.add(name);
  // A vacuum may add a page to a table between two looks.
  const { rows: [size] } = await client.query<{ bytes: string }>("select sum(pg_table_size(relid) + pg_indexes_size(relid)) as bytes from pg_stat_all_tables where schemaname = 'backup'");
  const told = samples.find(({ name }) => name === "holdfast_ledger_bytes")?.value ?? 0;
  expect(Math.abs(told - Number(size?.bytes))).toBeLessThanOrEqual(65_536);
  return Object.fromEntries(samples.filter(({ name }) => name !== "holdfast_ledger_bytes").map(({ name, labels, value }) => {
    const pairs = Object.entries(labels).sort().map(([label, text]) => `${label}=${text}`).join(",");
    return [`${name.replace("holdfast_", "")}${pairs === "" ? "" : `{${pairs}}`}`, value];
  }));
}

/** Names that a state has brought up. */
const named = new Set<string>();

const run = (id: number, state: string, age: string, more = ""): string => `
  insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, snapshot_at, finished_at, rows, raw_bytes, stored_bytes, manifest_key, manifest_sha256, warnings, failure_code, failure_message)
  select '20260101T00000${id}Z-aaaaaa', '${state}', 'daily', 'sql', 'cli', 'p/', now() - interval '${age}', now() - interval '${age}' + interval '2 seconds', now() - interval '${age}' + interval '90.5 seconds',
         100 + ${id}, 1000, 300 + ${id}, case when '${state}' <> 'failed' then 'k' end, case when '${state}' <> 'failed' then 's' end, '[{"code": "a"}]', case when '${state}' = 'failed' then 'HF300' end, case when '${state}' = 'failed' then 'x' end;
  ${more}`;
const CHUNKS = (id: number): string => `insert into backup.chunks (run_id, chunk_no, kind, state, done_at)
  select r.run_id, c.no, c.kind::backup.chunk_kind, 'done', r.snapshot_at + c.at * interval '1 second'
  from backup.runs r, (values (1, 'plan', 3), (2, 'schema', 20), (3, 'globals', 10), (4, 'sequences', 21.5), (5, 'manifest', 30)) c(no, kind, at) where r.run_id = '20260101T00000${id}Z-aaaaaa';`;
const DRILL = (id: number, verdict: string, age: string, minutes: number, manifest = "s"): string => `insert into backup.drills (run_id, trigger, state, verdict, started_at, finished_at, raw_bytes, manifest_sha256, phase_seconds)
  values ('20260101T00000${id}Z-aaaaaa', 'sql', 'complete', '${verdict}', now() - interval '${age}', now() - interval '${age}' + interval '${minutes} minutes', 1000, '${manifest}', '{"schema": 1.5, "data": 7}');`;
const VERIFICATION = (verdict: string, age: string): string => `with v as (
    insert into backup.verifications (trigger, verdict, started_at, finished_at) values ('sql', '${verdict}', now() - interval '${age}', now() - interval '${age}' + interval '12 seconds') returning verification_id)
  insert into backup.verification_results (verification_id, check_name, subject, verdict, duration_ms)
  select v.verification_id, a.check_name, 's', a.verdict::backup.verdict, a.ms from v, (values ('check_indexes', 'passed', 250.0), ('check_indexes', 'skipped', 250.0), ('check_row_counts', '${verdict}', 1500.0)) a(check_name, verdict, ms);`;
const ENABLED = "update backup.policies set enabled = true where name = 'secondary_daily';";
// The ticks come first: as long as nobody asked for a backup, they raise no alert.
const HEALTHY = "select backup.run_job('tick'), backup.run_job('tick'), backup.run_job('export');" + ENABLED + run(1, "expired", "40 days") + run(2, "complete", "26 hours") + run(3, "complete", "2 hours", CHUNKS(3))
  + DRILL(3, "failed", "70 minutes", 3) + DRILL(2, "passed", "60 minutes", 5) + DRILL(3, "passed", "50 minutes", 9, "of another manifest") + VERIFICATION("failed", "3 days") + VERIFICATION("passed", "1 hour");

describe("readMetrics()", () => {
  it("readMetrics() of an empty ledger says never, and has no time of what never was", async () => {
    const metrics = await measured();
    expect(metrics).toEqual(await independent("never_ran"));
    expect(Object.keys(metrics).filter((key) => /last_(success|failure)|newest_/.test(key))).toEqual([]);
    expect(metrics).toMatchObject({ restore_points: 0, "never_succeeded{operation=export}": 1, "job_never_succeeded{job_name=tick}": 1, active_run: 0, "open_alerts{severity=critical}": 0 });
  });

  it("readMetrics() of a healthy project is what the tables hold", async () => {
    await client.query(HEALTHY);
    const metrics = await measured();
    expect(metrics).toEqual(await independent("healthy"));
    expect(metrics).toMatchObject({ restore_points: 2, verified_restore_points: 1, newest_restore_point_verified: 0, newest_restore_point_age_seconds: 7198, rpo_seconds: 26 * 3600 - 2, rto_seconds: 528,
      "newest_restore_point_phase_seconds{phase=copy}": 17, "newest_restore_point_phase_seconds{phase=render}": 1.5, "last_verification_answers{check=check_indexes,verdict=skipped}": 1,
      "job_runs_total{job_name=tick,outcome=succeeded}": 2 });
  });

  it("readMetrics() of a stale project has times that do not move", async () => {
    await client.query(ENABLED + run(1, "complete", "31 hours", CHUNKS(1)));
    const metrics = await measured();
    expect(metrics).toEqual(await independent("stale"));
    expect(metrics).toMatchObject({ "never_succeeded{operation=export}": 0, "never_succeeded{operation=drill}": 1, verified_restore_points: 0 });
    expect(metrics).not.toHaveProperty("rpo_seconds");
  });

  it("readMetrics() of a failing project leaves the time of the last success, and tells the failure and the alert", async () => {
    await client.query(HEALTHY);
    const before = await measured();
    await client.query(`${run(4, "failed", "1 hour")}${VERIFICATION("failed", "10 minutes")}${DRILL(3, "failed", "8 minutes", 1)} select backup.raise_alert('export_failed', 'critical', 'm');
      insert into backup.alerts (cause, severity, message, resolved_at) values ('old', 'critical', 'm', now());
      update backup.job_states set failed = failed + 1, last_failure_at = now() where job_name = 'export'`);
    const metrics = await measured();
    expect(metrics).toEqual(await independent("failing"));
    for (const operation of ["export", "verification", "drill"]) {
      const key = `last_success_timestamp_seconds{operation=${operation}}`;
      expect([key, metrics[key]]).toEqual([key, before[key]]);
      expect(metrics[`last_failure_timestamp_seconds{operation=${operation}}`]).toBeGreaterThan(before[key] ?? Infinity);
    }
    expect(metrics).toMatchObject({ "open_alerts{severity=critical}": 1, "open_alerts{severity=warning}": 0, "alert_open{cause=export_failed,severity=critical}": 1,
      "last_verification_verdict{holdfast_last_verification_verdict=failed}": 1, "last_run_state{holdfast_last_run_state=failed}": 1 });
  });

  it("readMetrics() of a project that exports tells how far it is, and whether the snapshot is held", async () => {
    await client.query(`${HEALTHY}
      insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, keeper_pid, keeper_backend_start, keeper_claimed_at, requested_at)
      select '20260102T000000Z-aaaaaa', 'exporting', 'daily', 'sql', 'cli', 'p/', pg_backend_pid(), backend_start, now() - interval '90 seconds', now() from pg_stat_activity where pid = pg_backend_pid();
      insert into backup.chunks (run_id, chunk_no, kind, state, estimated_bytes, done_at, claim_id, lease_until)
      select '20260102T000000Z-aaaaaa', c.no, c.kind::backup.chunk_kind, c.state::backup.chunk_state, c.bytes, case when c.state = 'done' then now() end,
             case when c.state = 'claimed' then gen_random_uuid() end, case when c.state = 'claimed' then now() end
      from (values (1, 'plan', 'done', 0), (2, 'schema', 'done', 99), (3, 'globals', 'claimed', 60), (4, 'globals', 'pending', 40), (5, 'globals', 'replaced', 500)) c(no, kind, state, bytes)`);
    expect(await measured()).toEqual(await independent("running"));
  });

  it("readMetrics() has brought up every family in these states, and none besides", () => {
    expect([...named].sort()).toEqual(METRIC_FAMILIES.map(({ name }) => name).sort());
  });
});
