-- Tests sql/functions/record_plan.sql
begin;
select plan(17);

-- arrange
delete from backup.runs;
update backup.settings set chunk_bytes = 16384;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix) values ('20260101T000000Z-00000a', 'exporting', 'daily', 'sql', 'cli', 'x/');
insert into backup.chunks (run_id, chunk_no, kind, state, claim_id, lease_until) values
  ('20260101T000000Z-00000a', 1, 'plan', 'claimed', '00000000-0000-0000-0000-00000000000a', now() + interval '1 hour'), ('20260101T000000Z-00000a', 9, 'globals', 'claimed', '00000000-0000-0000-0000-00000000000b', now() + interval '1 hour');
create function pg_temp.record(p_claim uuid, p_tables jsonb default null) returns integer language sql as $$
  select backup.record_plan('20260101T000000Z-00000a', p_claim, coalesce(p_tables, jsonb_build_array(
    jsonb_build_object('schema_name', 'app', 'table_name', 'small', 'relid', 4294967295, 'status', 'pending', 'columns', jsonb_build_array('id', 'Odd "name"'),
      'fingerprint_expression', 'hash', 'filenode', 7, 'pages', 1, 'total_bytes', 8192, 'planned_rows', 5),
    jsonb_build_object('schema_name', 'app', 'table_name', 'big', 'relid', 2, 'status', 'pending', 'columns', jsonb_build_array('id'), 'filenode', 8, 'pages', 3, 'total_bytes', 24576),
    jsonb_build_object('schema_name', 'app', 'table_name', 'empty', 'relid', 3, 'status', 'pending', 'columns', '[]'::jsonb, 'pages', 0, 'total_bytes', 0, 'planned_rows', 0),
    jsonb_build_object('schema_name', 'app', 'table_name', 'parent', 'relid', 4, 'status', 'excluded', 'reason', 'partitioned', 'columns', jsonb_build_array('id'), 'pages', 9, 'total_bytes', 9999)
  )), 'fp', '1:2:', '[{"sequence_name": "s"}]') $$;

-- contract
select function_returns('backup', 'record_plan', array['text', 'uuid', 'jsonb', 'text', 'text', 'jsonb'], 'integer', 'record_plan() returns integer');
select isnt(obj_description('backup.record_plan(text,uuid,jsonb,text,text,jsonb)'::regprocedure), null, 'record_plan() has a comment');

-- behaviour
select throws_ok('select pg_temp.record(' || quote_literal('00000000-0000-0000-0000-00000000000b') || ')', 'HF004', null, 'record_plan() rejects a claim that holds other chunks with HF004');
select throws_ok('select pg_temp.record(gen_random_uuid())', 'HF004', null, 'record_plan() rejects a claim that is not held with HF004');
select throws_ok('select pg_temp.record(' || quote_literal('00000000-0000-0000-0000-00000000000a') || $$, '[{"schema_name": "app", "table_name": "t", "relid": 1, "status": "excluded", "columns": [], "pages": 0, "total_bytes": 0}]')$$,
  '23514', null, 'record_plan() rejects a table that is left out without a reason');
delete from backup.chunks where chunk_no = 9;
select is(pg_temp.record('00000000-0000-0000-0000-00000000000a'), 8, 'record_plan() returns how many chunks it made');
select results_eq('select table_name, relid, status::text, reason, columns, fingerprint_expression, filenode, pages, total_bytes, planned_rows from backup.run_tables order by table_name',
  $$ values ('big', 2::oid, 'pending', null, '{id}'::text[], null, 8::oid, 3::bigint, 24576::bigint, null::bigint),
            ('empty', 3, 'pending', null, '{}', null, null, 0, 0, 0),
            ('parent', 4, 'excluded', 'partitioned', '{id}', null, null, 9, 9999, null),
            ('small', 4294967295, 'pending', null, array['id', 'Odd "name"'], 'hash', 7, 1, 8192, 5) $$, 'record_plan() stores every table');
select results_eq('select chunk_no, case when kind in (''globals'', ''schema'') then ''capture'' else kind::text end, table_name, first_tid, end_tid, estimated_bytes from backup.chunks where chunk_no > 1 and state = ''pending'' order by 1',
  $$ values (2, 'capture', null, null::tid, null::tid, 0::bigint), (3, 'capture', null, null, null, 0),
            (4, 'data', 'big', '(0,0)', '(2,0)', 16384), (5, 'data', 'big', '(2,0)', null, 8192), (6, 'data', 'small', '(0,0)', null, 8192),
            (7, 'schema_sql', null, null, null, 0), (8, 'sequences', null, null, null, 0), (9, 'manifest', null, null, null, 0) $$,
  'record_plan() puts captures first, then big tables before small ones, and the manifest last');
select is((select count(distinct kind)::integer from backup.chunks where chunk_no in (2, 3)), 2, 'record_plan() captures the schema and the globals');
select results_eq('select kind::text, positions from backup.chunks where positions is not null', $$ values ('sequences', '[{"sequence_name": "s"}]'::jsonb) $$, 'record_plan() leaves the positions of the sequences to their chunk');
select results_eq('select schema_fingerprint, snapshot_xids from backup.runs', $$ values ('fp', '1:2:') $$, 'record_plan() records schema fingerprint and snapshot');
select results_eq('select state::text, claim_id, lease_until, done_at >= now() from backup.chunks where chunk_no = 1',
  $$ values ('done', null::uuid, null::timestamptz, true) $$, 'record_plan() completes the plan');
select throws_ok('select pg_temp.record(' || quote_literal('00000000-0000-0000-0000-00000000000a') || ')', 'HF004', null, 'record_plan() rejects a second plan with HF004');
update backup.runs set state = 'failed', finished_at = now(), failure_code = 'HF300', failure_message = 'x';
select throws_ok('select pg_temp.record(' || quote_literal('00000000-0000-0000-0000-00000000000a') || ')', 'HF003', null, 'record_plan() rejects a run that has ended with HF003');

-- permissions
select function_privs_are('backup', 'record_plan', array['text', 'uuid', 'jsonb', 'text', 'text', 'jsonb'], 'anon', array[]::text[], 'anon may not execute record_plan()');
select function_privs_are('backup', 'record_plan', array['text', 'uuid', 'jsonb', 'text', 'text', 'jsonb'], 'authenticated', array[]::text[], 'authenticated may not execute record_plan()');
select function_privs_are('backup', 'record_plan', array['text', 'uuid', 'jsonb', 'text', 'text', 'jsonb'], 'service_role', array[]::text[], 'service_role may not execute record_plan()');

select * from finish();
rollback;
