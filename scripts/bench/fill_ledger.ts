import type { Queryable } from "../../functions/_shared/database/queryable.ts";

/**
 * Fills an empty ledger as years of use leave it: hourly exports of twelve tables, most of them deleted by retention since, a verification
 * a day, a drill a week, alerts that came and went, and an active export of 50 GiB. 10,000 runs make about 235,000 rows.
 */
export async function fillLedger(database: Queryable, runs: number): Promise<void> {
  await database.query(`
    create temporary table bench_runs as
    select n, to_char(t.at at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z-"') || lpad(to_hex(n), 6, '0') as run_id, t.at, n % 23 = 0 as failed,
           n > 400 and n % 24 <> 0 as deleted
    from generate_series(1, ${runs}) n cross join lateral (select now() - n * interval '1 hour' as at) t;

    update backup.policies set enabled = true, scheduled_since = now() - interval '3 years' where provider = 'aws_s3';

    insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, snapshot_at, keeper_claimed_at, finished_at, rows, raw_bytes, stored_bytes,
                             manifest_key, manifest_sha256, failure_code, failure_message, objects_deleted_at, age_recipients)
    select b.run_id, (case when b.failed then 'failed' when b.deleted then 'expired' else 'complete' end)::backup.run_state,
           (case when b.n % 720 = 0 then 'monthly' when b.n % 168 = 0 then 'weekly' else 'daily' end)::backup.tier, 'schedule', 'functions', 'holdfast/bench/runs/' || b.run_id || '/',
           b.at - interval '1 minute', b.at, b.at, b.at + interval '4 minutes', 1000000 + b.n, 1000000000 - b.n * 1000, 300000000,
           case when not b.failed then 'holdfast/bench/runs/' || b.run_id || '/manifest.json' end, case when not b.failed then md5(b.run_id) || md5(b.run_id) end,
           case when b.failed then 'HF300' end, case when b.failed then 'snapshot lost' end, case when b.deleted then b.at + interval '30 days' end, '{}'
    from bench_runs b;

    insert into backup.run_tables (run_id, schema_name, table_name, relid, status, columns, total_bytes, rows, fingerprint)
    select b.run_id, 'public', 'table_' || t, t, 'exported', '{id,name,created_at}', 8388608, 80000, md5(b.run_id) from bench_runs b, generate_series(1, 12) t where b.n <= 5000 and not b.failed;

    insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, end_tid, estimated_bytes, state, attempts, claimed_by, claimed_at, object_key, sha256, raw_bytes, stored_bytes, rows, row_hash_sum, done_at)
    select b.run_id, c, 'data', 'public', 'table_' || (1 + c % 12), '(0,0)', '(1024,0)', 8388608, 'done', 1, 'w', b.at, 'k', md5('x'), 8388608, 3000000, 4000, 1, b.at + c * interval '1 second'
    from bench_runs b, generate_series(1, 60) c where b.n <= 1000 and not b.failed;

    insert into backup.verifications (run_id, trigger, verdict, started_at, finished_at, report)
    select b.run_id, 'schedule', (case b.n % 5 when 0 then 'inconclusive' else 'passed' end)::backup.verdict, b.at + interval '30 minutes', b.at + interval '32 minutes', repeat('a report ', 800)
    from bench_runs b where b.n % 24 = 0 and not b.failed;
    insert into backup.verification_checks (verification_id, check_name, state, started_at, finished_at)
    select v.verification_id, c, 'done', v.started_at, v.finished_at from backup.verifications v cross join backup.verification_check_names() c;
    insert into backup.verification_results (verification_id, check_name, subject, verdict, expected, actual, evidence, duration_ms, recorded_at)
    select v.verification_id, c, 'public.table_' || n, 'passed', 'a', 'b', '{"rows": 1}', 12.5, v.finished_at
    from backup.verifications v cross join backup.verification_check_names() c cross join generate_series(1, 12) n;

    insert into backup.drills (run_id, trigger, engine, target, selection, state, verdict, started_at, finished_at, phase_seconds, rows, raw_bytes, manifest_sha256)
    select b.run_id, 'schedule', 'functions', 'scratch', 'latest', 'complete', 'passed', b.at + interval '40 minutes', b.at + interval '60 minutes', '{"schema": 10, "data": 400, "prove": 100}', 1000000, 900000000, md5(b.run_id) || md5(b.run_id)
    from bench_runs b where b.n % 168 = 0 and not b.failed;
    insert into backup.drill_steps (drill_id, step_no, kind, phase, state, seconds)
    select d.drill_id, s, 'load', 'data', 'done', 2 from backup.drills d cross join generate_series(1, 60) s;
    insert into backup.key_proofs (recipient, run_id, manifest_sha256, objects, bytes, proven_at)
    select 'age1' || repeat('q', 58), b.run_id, md5(b.run_id), 3, 1000, b.at from bench_runs b where b.n % 720 = 0;

    insert into backup.job_runs (job_name, status, started_at, finished_at, result)
    select j.name, case when b.n % 50 = 7 then 'failed' else 'succeeded' end, b.at, b.at + interval '1 second', '{"alerts": 1}'
    from bench_runs b cross join (values ('tick'), ('export'), ('verify'), ('retention'), ('prune')) j(name) where j.name in ('tick', 'export') or b.n % 24 = 0;
    insert into backup.alerts (cause, severity, message, raised_at, last_seen, resolved_at)
    select 'rpo_over_target', 'warning', 'RPO is over its target', b.at, b.at, b.at + interval '1 hour' from bench_runs b where b.n % 5 = 0;
    insert into backup.primary_backups (looked_at, project_ref, outcome, backups) select b.at, 'bench', 'answered', '[]' from bench_runs b where b.n % 24 = 0;
    insert into backup.retention_marks (run_id, reasons, marked_at, delete_after, swept_at)
    select b.run_id, '{past_retention}', b.at + interval '28 days', b.at + interval '30 days', b.at + interval '30 days' from bench_runs b where b.deleted;

    insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, snapshot_at, keeper_claimed_at)
    select to_char(now() at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z-"') || 'ffffff', 'exporting', 'daily', 'schedule', 'functions', 'holdfast/bench/runs/active/', now(), now(), now();
    insert into backup.run_tables (run_id, schema_name, table_name, relid, columns) select r.run_id, 'public', 'large', 1, '{id}' from backup.runs r where r.state = 'exporting';
    insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, end_tid, estimated_bytes, state, object_key, sha256, raw_bytes, stored_bytes, rows, row_hash_sum, done_at)
    select r.run_id, c, 'data', 'public', 'large', '(0,0)', '(1024,0)', 8388608, (case when c <= 3000 then 'done' else 'pending' end)::backup.chunk_state,
           'k', md5('x'), 8388608, 3000000, 4000, 1, case when c <= 3000 then now() end
    from backup.runs r cross join generate_series(1, 6400) c where r.state = 'exporting';
    drop table bench_runs;
    analyze;`);
}
