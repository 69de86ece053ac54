-- Tests sql/functions/check_row_counts.sql
begin;
select plan(20);

-- arrange: three tables and a run that held ten rows of each, and of two tables that are gone or excluded
create schema "Odd schema";
create table "Odd schema"."Same ""rows""" (id integer);
create table "Odd schema".shrunk (id integer);
create table "Odd schema".at_the_limit (id integer);
create table "Odd schema".fresh (id integer);
create table "Odd schema".expiring (id integer);
create table "Odd schema".by_month (id integer) partition by range (id);
create table "Odd schema".by_month_1 partition of "Odd schema".by_month for values from (0) to (100);
create table "Odd schema".base (id integer);
create table "Odd schema".heir () inherits ("Odd schema".base);
create table "Odd schema".emptied ();
insert into "Odd schema"."Same ""rows""" select generate_series(1, 10);
insert into "Odd schema".shrunk select generate_series(1, 7);
insert into "Odd schema".at_the_limit select generate_series(1, 8);
insert into "Odd schema".by_month select generate_series(1, 10);
insert into "Odd schema".base select generate_series(1, 10);
insert into "Odd schema".heir select generate_series(1, 5);
delete from backup.critical_tables;
update backup.settings set row_shrink_threshold = 0.2, included_schemas = null, excluded_schemas = '{}' where id;
insert into backup.row_shrink_limits values ('Odd schema', 'expiring', 1, 'rows expire');

create function pg_temp.verdict(p_table text) returns text language sql as $$
  select f.verdict::text || ': ' || f.actual from backup.check_row_counts('Odd schema', p_table) f
$$;

-- contract
select function_returns('backup', 'check_row_counts', array['text', 'text'], 'setof backup.finding',
  'check_row_counts() returns findings');
select isnt(obj_description('backup.check_row_counts(text,text)'::regprocedure), null, 'check_row_counts() has a comment');

-- behaviour: nothing to compare with
delete from backup.runs;
select is(pg_temp.verdict('shrunk'), 'skipped: 7 rows: no complete run to compare with',
  'check_row_counts() skips the comparison without an earlier run');
insert into backup.critical_tables (table_name, schema_name, min_rows) values ('shrunk', 'Odd schema', 8);
select is(pg_temp.verdict('shrunk'), 'failed: 7 rows: below the configured minimum',
  'check_row_counts() applies the minimum without an earlier run');
update backup.critical_tables set min_rows = 7;
select is(pg_temp.verdict('shrunk'), 'passed: 7 rows: no complete run to compare with',
  'check_row_counts() passes exactly at the minimum');
delete from backup.critical_tables;

-- behaviour: against the newest complete run
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256,
                         failure_code, failure_message)
values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/', '2026-01-01', now(), 'm', 's', null, null),
       ('20260102T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/', '2026-01-02', now(), 'm', 's', null, null),
       ('20260103T000000Z-aaaaaa', 'failed',   'weekly', 'sql', 'cli', 'p/', '2026-01-03', now(), null, null, 'HF300', 'x');
insert into backup.run_tables (run_id, schema_name, table_name, relid, status, columns, rows, fingerprint)
select r.run_id, 'Odd schema', t.name, 1, 'exported', '{id}',
       case r.run_id when '20260102T000000Z-aaaaaa' then 10 else 1000 end, '00'
from backup.runs r
cross join unnest(array['Same "rows"', 'shrunk', 'at_the_limit', 'by_month_1', 'base', 'expiring', 'emptied', 'gone']) t (name);

select is(pg_temp.verdict('Same "rows"'), 'passed: 10 rows', 'check_row_counts() compares with the newest complete run, not with older or failed ones');
select is(pg_temp.verdict('shrunk'), 'failed: 7 rows: lost rows since the newest run', 'check_row_counts() fails a loss of 30 %');
select is(pg_temp.verdict('at_the_limit'), 'passed: 8 rows', 'check_row_counts() passes a loss of exactly the threshold');
select is(pg_temp.verdict('emptied'), 'failed: 0 rows: lost rows since the newest run', 'check_row_counts() counts a table without columns');
select is(pg_temp.verdict('expiring'), 'passed: 0 rows', 'check_row_counts() allows what row_shrink_limits allows');
select is(pg_temp.verdict('fresh'), 'passed: 0 rows: new since the newest run', 'check_row_counts() passes a table that the run did not have');
select is(pg_temp.verdict('gone'), 'failed: the table is missing', 'check_row_counts() fails a missing table');
select is(pg_temp.verdict('base'), 'passed: 10 rows', 'check_row_counts() leaves rows of inheriting tables out');
select is(pg_temp.verdict('by_month_1'), 'passed: 10 rows', 'check_row_counts() counts a partition');
select is(pg_temp.verdict('by_month'), null, 'check_row_counts() does not count partitioned rows twice');
update backup.settings set row_shrink_threshold = 0.4 where id;
select is(pg_temp.verdict('shrunk'), 'passed: 7 rows', 'check_row_counts() follows the threshold of the settings');
update backup.settings set excluded_schemas = array['Odd schema'] where id;
select is(pg_temp.verdict('shrunk'), 'skipped: the table is no longer part of backups', 'check_row_counts() skips a table that was excluded since');
update backup.settings set excluded_schemas = '{}' where id;

-- behaviour: could not look, tried as a role that may read the configuration and is subject to policies
grant usage on schema "Odd schema", backup to authenticated;
grant execute on all functions in schema backup to authenticated;
grant select on all tables in schema backup to authenticated;
do $$ declare v_table text; begin
  foreach v_table in array array['settings', 'runs', 'run_tables', 'critical_tables', 'row_shrink_limits', 'sample_queries'] loop
    execute format('alter table backup.%I disable row level security', v_table);
  end loop;
end $$;
create temp table seen (actual text);
grant all on seen to authenticated;
alter table "Odd schema".base enable row level security;
create policy few on "Odd schema".base using (id < 3);
grant select on "Odd schema".base to authenticated;
set local role authenticated;
insert into seen select f.verdict || ': ' || f.actual from backup.check_row_counts('Odd schema', 'base') f;
insert into seen select f.verdict || ': ' || f.actual from backup.check_row_counts('Odd schema', 'shrunk') f;
reset role;
select ok(exists (select from seen where actual like 'inconclusive: error 42501: query would be affected by row-level security%'),
  'check_row_counts() is inconclusive where a policy would hide rows');
select ok(exists (select from seen where actual = 'inconclusive: error 42501: permission denied for table shrunk'),
  'check_row_counts() is inconclusive where it may not read');

-- permissions
select function_privs_are('backup', 'check_row_counts', array['text', 'text'], 'anon', array[]::text[],
  'anon may not execute check_row_counts()');

select * from finish();
rollback;
