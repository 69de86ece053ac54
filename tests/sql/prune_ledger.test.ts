import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  client = new pg.Client(database.url);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const VERDICTS = ["passed", "failed", "inconclusive", "skipped"] as const;
const chance = (of: number): fc.Arbitrary<boolean> => fc.integer({ min: 1, max: of }).map((one) => one === 1);
const days = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

/** One export with what was done with it, `gap` days before the one after it. */
const run = fc.record({
  gap: fc.oneof(fc.constantFrom(0.04, 1), days(1, 90)), tier: fc.constantFrom("daily", "weekly", "monthly"),
  state: fc.constantFrom("complete", "complete", "failed", "expired", "expired", "expired"), deleted: fc.boolean(),
  verifications: fc.array(fc.record({ verdict: fc.constantFrom(...VERDICTS, null), after: days(0, 60), share: chance(3) }), { maxLength: 2 }),
  drills: fc.array(fc.record({ verdict: fc.constantFrom(...VERDICTS), after: days(0, 60), selection: fc.constantFrom("latest", "random", "named"), other: chance(4) }), { maxLength: 2 }),
  proof: chance(4), alert: chance(3), job: fc.constantFrom("succeeded", "failed"), warnings: chance(5), bytes: fc.integer({ min: 1, max: 10 }),
});
const ledger = fc.record({
  runs: fc.array(run, { minLength: 1, maxLength: 90 }), active: fc.boolean(),
  keep: fc.record({ work: days(8, 60), answers: days(60, 400), history: days(400, 1000) }), limit: fc.constantFrom(1, 7, 20_000),
});
type Ledger = typeof ledger extends fc.Arbitrary<infer T> ? T : never;

async function arrange({ runs, active, keep }: Ledger): Promise<void> {
  await client.query(`delete from backup.alerts; delete from backup.verifications; delete from backup.drills; delete from backup.runs; delete from backup.job_runs;
    delete from backup.primary_backups; update backup.policies set enabled = true; update backup.policies set scheduled_since = now() - interval '9 years'`);
  await client.query("update backup.settings set ledger_keep_work = make_interval(days => $1), ledger_keep_answers = make_interval(days => $2), ledger_keep_history = make_interval(days => $3)",
    [keep.work, keep.answers, keep.history]);
  let age = 0;
  const given = runs.map((one, index) => {
    age += one.gap;
    return { ...one, age, id: `20000101T${String(runs.length - index).padStart(6, "0")}Z-aaaaaa` };
  });
  // What is done with a run follows it by days, never before today.
  await client.query(`
    create temporary table given on commit drop as
    select g.*, now() - g.age * interval '1 day' as at from jsonb_to_recordset($1) as g(id text, age float8, tier backup.tier, state backup.run_state, deleted boolean, verifications jsonb, drills jsonb,
      proof boolean, alert boolean, job text, warnings boolean, bytes bigint)`.replace("$1", `'${JSON.stringify(given)}'`));
  await client.query(`
    insert into backup.runs (run_id, tier, state, trigger, engine, object_prefix, requested_at, snapshot_at, finished_at, raw_bytes, stored_bytes, rows, manifest_key, manifest_sha256, failure_code, failure_message, warnings, objects_deleted_at, age_recipients)
    select id, tier, state, 'sql', 'cli', 'x/', at, at, at + interval '5 minutes', bytes, bytes, bytes, case when state <> 'failed' then 'k' end, case when state <> 'failed' then 's' end,
           case when state = 'failed' then 'HF201' end, case when state = 'failed' then 'x' end, case when warnings then '[{"code": "schema_x"}]' else '[]' end::jsonb,
           case when deleted and state <> 'complete' then least(now(), at + interval '40 days') end, array['age1' || repeat('q', 58)] from given;
    insert into backup.run_tables (run_id, schema_name, table_name, relid, columns, status, rows, fingerprint) select id, 'public', 't' || n, n, '{}', 'exported', bytes, 'x' from given, generate_series(1, 2) n;
    insert into backup.chunks (run_id, chunk_no, kind, state, done_at) select id, n, case n when 1 then 'plan' else 'schema' end::backup.chunk_kind, 'done', at + n * interval '1 minute' from given, generate_series(1, 3) n;
    insert into backup.verifications (run_id, trigger, verdict, started_at, finished_at)
    select id, 'sql', (v.j ->> 'verdict')::backup.verdict, t.at, case when v.j ->> 'verdict' is not null then t.at + interval '1 minute' end
    from given cross join jsonb_array_elements(verifications) v(j) cross join lateral (select least(now() - age * interval '1 second', at + (v.j ->> 'after')::integer * interval '1 day') as at) t;
    insert into backup.verification_results (verification_id, check_name, subject, verdict, evidence, recorded_at, duration_ms)
    select v.verification_id, 'check_backup_objects', 's', 'passed', case when hashtext(v.verification_id::text) % 3 = 0 then '{"share_of": 4}' else '{}' end::jsonb, v.started_at, 5 from backup.verifications v, generate_series(1, 2);
    insert into backup.drills (run_id, trigger, state, verdict, selection, started_at, finished_at, raw_bytes, manifest_sha256, phase_seconds)
    select id, 'sql', 'complete', (d.j ->> 'verdict')::backup.verdict, d.j ->> 'selection', t.at, t.at + bytes * interval '1 minute', bytes, case when (d.j ->> 'other')::boolean then 'other' else 's' end, jsonb_build_object('data', bytes)
    from given cross join jsonb_array_elements(drills) d(j) cross join lateral (select least(now() - (20 + age) * interval '1 minute', at + (d.j ->> 'after')::integer * interval '1 day') as at) t where state <> 'failed';
    insert into backup.drill_steps (drill_id, step_no, kind, phase, state, seconds) select d.drill_id, n, 'load', 'data', 'done', 1 from backup.drills d, generate_series(1, 2) n;
    insert into backup.key_proofs (recipient, run_id, manifest_sha256, objects, bytes, proven_at) select 'age1' || repeat('q', 58), id, 's', 1, 1, at from given where proof and state <> 'failed';
    insert into backup.alerts (cause, severity, message, raised_at, last_seen, resolved_at) select 'size_jump', 'warning', 'm', at, at, at from given where alert;
    insert into backup.job_runs (job_name, status, started_at, finished_at) select case when id > '20000101T000010' then 'export' else 'verify' end, job, at, at from given;
    insert into backup.primary_backups (looked_at, project_ref, outcome, backups) select at, 'p', 'answered', '[]' from given;
    insert into backup.retention_marks (run_id, reasons, marked_at, delete_after, swept_at)
    select id, '{past_retention}', at, at, r.objects_deleted_at from given join backup.runs r on r.run_id = given.id where given.state in ('expired', 'failed')`);
  if (active) await client.query("insert into backup.runs (run_id, tier, state, trigger, engine, object_prefix) values ('20990101T000000Z-ffffff', 'daily', 'starting', 'sql', 'cli', 'x/')");
}

/** Everything that is told from the ledger, of now and of times to come; the size of the ledger is what may change. */
const ANSWERS = {
  status: "select * from backup.status",
  restore_points: "select * from backup.restore_points order by run_id",
  recovery_objectives: "select * from backup.recovery_objectives order by name",
  metrics: "select * from backup.metrics where name <> 'holdfast_ledger_bytes' order by name, labels",
  latest_verification: "select * from backup.latest_verification order by check_name, subject",
  retention_plan: "select d.days, p.* from unnest(array[0, 20, 60, 200, 500]) d(days) cross join lateral backup.retention_plan(now() + d.days * interval '1 day') p order by 1, 2",
  alert_causes: "select d.days, c.* from unnest(array[0, 60]) d(days) cross join lateral backup.alert_causes(now() + d.days * interval '1 day') c where c.cause <> 'ledger_growth' order by 1, 2",
  drill_age: "select verdict, evidence - 'age_days' as evidence from backup.check_drill_age()",
  key_escrow: "select verdict, evidence from backup.check_key_escrow()",
  primary_backups: "select verdict, evidence -> 'look_id' as look from backup.check_primary_backups() order by evidence ->> 'policy_days'",
  drill_turn: "select selection from backup.drills where selection <> 'named' order by started_at desc limit 1",
  reported_drills: "select drill_id from backup.drills where verdict <> 'skipped' order by started_at desc limit 12",
  reported_runs: "select run_id from backup.runs order by requested_at desc, run_id desc limit 60",
  share: "select verification_id from backup.verification_results where evidence ? 'share_of' order by recorded_at desc, verification_id limit 1",
  next_tier: "select count(*) from backup.runs where state in ('complete', 'expired') and snapshot_at >= date_trunc('month', now())",
};

async function answers(): Promise<Record<string, unknown[]>> {
  const told: Record<string, unknown[]> = {};
  for (const [name, sql] of Object.entries(ANSWERS)) told[name] = (await client.query<Record<string, unknown>>(sql)).rows;
  return told;
}

async function count(): Promise<number> {
  const { rows: [row] } = await client.query<{ n: number }>(`select (select count(*) from backup.runs) + (select count(*) from backup.run_tables) + (select count(*) from backup.chunks)
    + (select count(*) from backup.verifications) + (select count(*) from backup.drills) + (select count(*) from backup.job_runs) as n`);
  return Number(row?.n);
}

describe("prune_ledger()", () => {
  it("prune_ledger() changes no answer about today or the time to come, however much it deletes, and comes to an end", async () => {
    let deleted = 0;
    await fc.assert(
      fc.asyncProperty(ledger, async (given) => {
        // now() stands still inside a transaction, and on disk nothing has to last.
        await client.query("begin");
        try {
          await arrange(given);
          const before = await answers();
          const rows = await count();
          for (let more = true, calls = 0; more; calls += 1) {
            expect(calls).toBeLessThan(1000);
            more = (await client.query<{ more: boolean }>("select (backup.prune_ledger($1) ->> 'more')::boolean as more", [given.limit])).rows[0]?.more === true;
          }
          expect(await answers()).toEqual(before);
          deleted += rows - (await count());
        } finally {
          await client.query("rollback");
        }
      }),
      { numRuns: 10 },
    );
    expect(deleted).toBeGreaterThan(100);
  }, 120_000);
});
