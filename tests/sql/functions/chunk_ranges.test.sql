-- Tests sql/functions/chunk_ranges.sql
begin;
select plan(15);

-- arrange
create function pg_temp.page(p_tid tid) returns bigint language sql as $$ select split_part(trim(leading '(' from p_tid::text), ',', 1)::bigint $$;
-- Sizes from one page to a few thousand, TOAST of none to a hundred times the heap, and chunks from tiny to larger than all.
create temp table cases as
select pages, pages * 8192 * (1 + toast) as total, chunk
from unnest(array[1, 2, 3, 7, 64, 999, 1000, 1001, 4096]::bigint[]) pages,
     unnest(array[0, 1, 9, 100]) toast, unnest(array[1, 8192, 8193, 100000, 12582912, 1073741824]::bigint[]) chunk;
create temp table ranges as
select c.*, r.*, row_number() over (partition by pages, total, chunk order by r.first_tid) as n,
       lead(r.first_tid) over (partition by pages, total, chunk order by r.first_tid) as next_tid
from cases c left join lateral backup.chunk_ranges(c.pages, c.total, c.chunk) r on true;

-- contract
select function_returns('backup', 'chunk_ranges', array['bigint', 'bigint', 'bigint'], 'setof record', 'chunk_ranges() returns setof record');
select isnt(obj_description('backup.chunk_ranges(bigint,bigint,bigint)'::regprocedure), null, 'chunk_ranges() has a comment');

-- behaviour
select results_eq($$ select r.first_tid, r.end_tid, r.estimated_bytes from backup.chunk_ranges(10, 81920, 32768) r $$,
  $$ values ('(0,0)'::tid, '(4,0)'::tid, 32768::bigint), ('(4,0)', '(8,0)', 32768), ('(8,0)', null, 16384) $$,
  'chunk_ranges() cuts at page boundaries and leaves the end open');
select is_empty('select * from ranges where n = 1 and first_tid is distinct from ''(0,0)''::tid', 'chunk_ranges() starts at the first page');
select is_empty('select * from ranges where end_tid is distinct from next_tid', 'chunk_ranges() leaves no gap, no overlap, and only the last end open');
select is_empty('select * from ranges where pg_temp.page(first_tid) >= pages or end_tid <= first_tid', 'chunk_ranges() makes no range that is empty');
select is_empty('select * from ranges where estimated_bytes > chunk and end_tid is distinct from format(''(%s,0)'', pg_temp.page(first_tid) + 1)::tid
                 and (end_tid is not null or pg_temp.page(first_tid) + 1 < pages)',
  'chunk_ranges() exceeds the size only where a single page does');
select is_empty('select pages, total, chunk from ranges group by 1, 2, 3 having abs(sum(estimated_bytes) - total) > count(*)', 'chunk_ranges() spreads the whole size over the ranges');
select is_empty('select pages, total, chunk from ranges where total <= chunk group by 1, 2, 3 having count(*) > 1', 'chunk_ranges() makes one range when everything fits');
select is_empty('select * from backup.chunk_ranges(0, 0, 8192)', 'chunk_ranges() makes no range for a table without pages');
select is((select count(*)::integer from backup.chunk_ranges(4, 0, 8192)), 1, 'chunk_ranges() survives pages without bytes');
select is((select max(pg_temp.page(r.first_tid)) from backup.chunk_ranges(4294967295, 35184372080640, 1073741824) r), 4294836224::bigint,
  'chunk_ranges() reaches the last pages of the largest table there can be');

-- permissions
select function_privs_are('backup', 'chunk_ranges', array['bigint', 'bigint', 'bigint'], 'anon', array[]::text[], 'anon may not execute chunk_ranges()');
select function_privs_are('backup', 'chunk_ranges', array['bigint', 'bigint', 'bigint'], 'authenticated', array[]::text[], 'authenticated may not execute chunk_ranges()');
select function_privs_are('backup', 'chunk_ranges', array['bigint', 'bigint', 'bigint'], 'service_role', array[]::text[], 'service_role may not execute chunk_ranges()');

select * from finish();
rollback;
