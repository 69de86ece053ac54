-- Tests sql/functions/table_stats.sql
begin;
select plan(10);

-- arrange
create schema odd;
create table odd."Some rows" (id integer primary key, body text);
insert into odd."Some rows" select n, repeat(md5(n::text), 200) from generate_series(1, 50) n;
alter table odd."Some rows" alter body set storage external;
insert into odd."Some rows" values (51, repeat('x', 20000));
create table odd.parted (id integer) partition by range (id);
create table odd.parted_1 partition of odd.parted for values from (0) to (10);
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
values ('29990101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/', '2999-01-01', now(), 'm', 's');
insert into backup.run_tables (run_id, schema_name, table_name, relid, status, columns, rows, fingerprint)
values ('29990101T000000Z-aaaaaa', 'odd', 'Some rows', 1, 'exported', '{id}', 40, '00');

-- contract
select has_function('backup', 'table_stats', array['boolean', 'text', 'text'], 'table_stats() exists');
select isnt(obj_description('backup.table_stats(boolean,text,text)'::regprocedure), null, 'table_stats() has a comment');

-- behaviour
select results_eq($$ select table_name from backup.table_stats(false, 'odd') $$, $$ values ('Some rows'), ('parted_1') $$, 'table_stats() lists tables that hold rows');
select is((select exact_rows from backup.table_stats(false, 'odd', 'Some rows')), null, 'table_stats() does not count unless asked');
select is((select estimated_rows from backup.table_stats(false, 'odd', 'Some rows')), null, 'table_stats() has no estimate for a table never analyzed');
select results_eq($$ select exact_rows, rows_at_run, rows_since_run from backup.table_stats(true, 'odd', 'Some rows') $$,
  $$ values (51::bigint, 40::bigint, 11::bigint) $$, 'table_stats() counts and compares with the newest complete run');
analyze odd."Some rows";
select results_eq($$ select estimated_rows, rows_since_run from backup.table_stats(false, 'odd', 'Some rows') $$,
  $$ values (51::bigint, 11::bigint) $$, 'table_stats() estimates from statistics');
select ok((select heap_bytes > 0 and toast_bytes > 0 and index_bytes > 0 and heap_bytes + toast_bytes + index_bytes = total_bytes
           from backup.table_stats(false, 'odd', 'Some rows')), 'table_stats() splits the size without a remainder');

-- permissions
select function_privs_are('backup', 'table_stats', array['boolean', 'text', 'text'], 'anon', array[]::text[], 'anon may not execute table_stats()');
select is_empty($$ select * from backup.table_stats(true, 'odd', 'nothing') $$, 'table_stats() returns nothing for an unknown table');

select * from finish();
rollback;
