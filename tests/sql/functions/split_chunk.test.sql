-- Tests sql/functions/split_chunk.sql
begin;
select plan(25);

-- arrange
delete from backup.runs;
insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_id)
values ('20260101T000000Z-00000a', 'exporting', 'daily', 'sql', 'cli', 'x/', '00000003-00000001-1');
-- Wide and narrow rows, holes from deleted rows, and pages that the plan (5 of them) does not know of.
create table public.split_me (id integer, filler text);
insert into public.split_me select n, repeat('x', n % 7 * 200) from generate_series(1, 66) n;
delete from public.split_me where id % 11 = 0;
insert into backup.run_tables (run_id, schema_name, table_name, relid, columns, pages)
values ('20260101T000000Z-00000a', 'public', 'split_me', 'public.split_me'::regclass, '{id,filler}', 5);
insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, end_tid, estimated_bytes) values
  ('20260101T000000Z-00000a', 1, 'data', 'public', 'split_me', '(0,0)', '(2,0)', 1000),
  ('20260101T000000Z-00000a', 2, 'data', 'public', 'split_me', '(2,0)', null, 1000);
create function pg_temp.split(p_chunk integer) returns boolean language sql as $$
  update backup.chunks set state = 'claimed', claim_id = '00000000-0000-0000-0000-00000000000a', lease_until = now() where chunk_no = p_chunk;
  select backup.split_chunk('20260101T000000Z-00000a', '00000000-0000-0000-0000-00000000000a', p_chunk) $$;
create function pg_temp.covered(p_first tid, p_end tid) returns setof tid language sql as
  'select t.ctid from public.split_me t where t.ctid >= p_first and (p_end is null or t.ctid < p_end)';
-- Rows that are in no range that is still to be copied, or in more than one.
create function pg_temp.wrong_rows() returns bigint language sql as $$
  select count(*) from (select t.ctid, count(c) from public.split_me t
    left join backup.chunks c on c.state <> 'replaced' and t.ctid >= c.first_tid and (c.end_tid is null or t.ctid < c.end_tid)
    group by 1 having count(c) <> 1) w $$;

-- contract
select function_returns('backup', 'split_chunk', array['text', 'uuid', 'integer'], 'boolean', 'split_chunk() returns boolean');
select isnt(obj_description('backup.split_chunk(text,uuid,integer)'::regprocedure), null, 'split_chunk() has a comment');

-- behaviour
select is(pg_temp.split(1), true, 'split_chunk() splits a range of pages');
select results_eq('select chunk_no, kind, schema_name, table_name, first_tid, end_tid, state, attempts, estimated_bytes from backup.chunks where chunk_no > 2 order by 1',
  $$ values (3, 'data'::backup.chunk_kind, 'public', 'split_me', '(0,0)'::tid, '(1,0)'::tid, 'pending'::backup.chunk_state, 0, 500::bigint),
            (4, 'data', 'public', 'split_me', '(1,0)', '(2,0)', 'pending', 0, 500) $$, 'split_chunk() makes two pending halves with new numbers');
select results_eq('select state, claim_id from backup.chunks where chunk_no = 1', $$ values ('replaced'::backup.chunk_state, null::uuid) $$, 'split_chunk() replaces the chunk it split');
select is(pg_temp.split(2), true, 'split_chunk() splits a range with an open end');
select results_eq('select first_tid, end_tid from backup.chunks where chunk_no in (5, 6) order by chunk_no',
  $$ select '(2,0)'::tid, m.tid from (select format('(%s,0)', 2 + (pg_relation_size('public.split_me') / 8192 - 2) / 2)::tid) m(tid)
     union all select m.tid, null from (select format('(%s,0)', 2 + (pg_relation_size('public.split_me') / 8192 - 2) / 2)::tid) m(tid) $$,
  'split_chunk() halves what the table has at present and keeps the end open');
select is(pg_temp.split(3), true, 'split_chunk() splits inside a page');
select results_eq('select first_tid, end_tid from backup.chunks where chunk_no in (7, 8) order by chunk_no',
  $$ values ('(0,0)'::tid, '(0,146)'::tid), ('(0,146)', '(1,0)') $$, 'split_chunk() halves the row numbers of a page');
select is(pg_temp.wrong_rows(), 0::bigint, 'split_chunk() loses no row and doubles none');
do $$
declare
  v_chunk integer;
begin
  -- Down to single rows, as long as ranges hold several.
  for i in 1 .. 1000 loop
    select c.chunk_no into v_chunk from backup.chunks c
    where c.state = 'pending' and (select count(*) from pg_temp.covered(c.first_tid, c.end_tid)) > 1 limit 1;
    exit when not found or not pg_temp.split(v_chunk);
  end loop;
end $$;
select is((select max(n)::integer from backup.chunks c, lateral (select count(*) as n from pg_temp.covered(c.first_tid, c.end_tid)) r where c.state <> 'replaced'), 1,
  'split_chunk() gets down to single rows');
select is(pg_temp.wrong_rows(), 0::bigint, 'split_chunk() loses no row on the way down');
insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, end_tid)
select '20260101T000000Z-00000a', 900000 + row_number() over (), 'data', 'public', 'split_me', f::tid, e::tid
from (values ('(0,0)', '(0,2)'), ('(0,7)', '(0,8)'), ('(0,291)', '(1,0)')) v(f, e);
select is((select array_agg(pg_temp.split(n)) from generate_series(900001, 900003) n), '{f,f,f}', 'split_chunk() cannot split a single row');
select is((select count(*)::integer from backup.chunks where chunk_no > 900000 and state = 'claimed'), 3, 'split_chunk() leaves what it cannot split claimed');
insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, end_tid)
values ('20260101T000000Z-00000a', 900010, 'data', 'public', 'split_me', '(0,9)', '(1,5)');
select is(pg_temp.split(900010), true, 'split_chunk() splits a range that ends inside the next page');
select is((select end_tid from backup.chunks where first_tid = '(0,9)' and chunk_no > 900010), '(1,0)', 'split_chunk() then splits between the pages');
-- What is left after the last page the table has, again and again.
create function pg_temp.splits_of_the_tail(p_first tid) returns integer language plpgsql as $$
declare
  v_count integer := 0;
begin
  insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid)
  values ('20260101T000000Z-00000a', (select max(chunk_no) + 1 from backup.chunks), 'data', 'public', 'split_me', p_first);
  while v_count < 50 and pg_temp.split((select max(chunk_no) from backup.chunks)) loop
    v_count := v_count + 1;
  end loop;
  return v_count;
end $$;
select ok(pg_temp.splits_of_the_tail((select format('(%s,0)', pg_relation_size('public.split_me') / 8192 - 1)::tid)) between 5 and 10,
  'split_chunk() splits the last page of an open end by row numbers, and comes to an end');
select is((select first_tid from backup.chunks order by chunk_no desc limit 1), (select format('(%s,291)', pg_relation_size('public.split_me') / 8192 - 1)::tid),
  'split_chunk() then is down to one row and keeps the end open');
select ok(pg_temp.splits_of_the_tail('(900,0)') < 10, 'split_chunk() comes to an end behind the end of the table');
select throws_ok($$ select backup.split_chunk('20260101T000000Z-00000a', '00000000-0000-0000-0000-00000000000b', 900001) $$, 'HF004', null, 'split_chunk() rejects a claim that is not held with HF004');
select throws_ok($$ select backup.split_chunk('20260101T000000Z-00000a', '00000000-0000-0000-0000-00000000000a', 1) $$, 'HF004', null, 'split_chunk() rejects a chunk of no claim with HF004');
update backup.runs set state = 'failed', finished_at = now(), failure_code = 'HF300', failure_message = 'x';
select throws_ok($$ select backup.split_chunk('20260101T000000Z-00000a', '00000000-0000-0000-0000-00000000000a', 900001) $$, 'HF003', null, 'split_chunk() rejects a run that has ended with HF003');

-- permissions
select function_privs_are('backup', 'split_chunk', array['text', 'uuid', 'integer'], 'anon', array[]::text[], 'anon may not execute split_chunk()');
select function_privs_are('backup', 'split_chunk', array['text', 'uuid', 'integer'], 'authenticated', array[]::text[], 'authenticated may not execute split_chunk()');
select function_privs_are('backup', 'split_chunk', array['text', 'uuid', 'integer'], 'service_role', array[]::text[], 'service_role may not execute split_chunk()');

select * from finish();
rollback;
