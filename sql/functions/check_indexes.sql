-- requires: functions/_amcheck_call.sql
-- backup.check_indexes(schema, table, deep)
--
-- Why: an index that is invalid, not ready or not live does not enforce uniqueness and is not used, and a corrupt one
-- gives wrong answers without an error. State comes from the catalog; the structure of B-trees is verified with
-- amcheck where the server has it and the caller may execute it, else one finding says why it was skipped.
-- An index of a partitioned table is invalid as long as some partition lacks it, as between CREATE INDEX … ON ONLY and the
-- last ATTACH PARTITION; no rebuilding ends that, so those partitions are named instead.
-- Findings: one per index that fails, one "passed" per table for the rest. p_deep also compares each index with its
-- table, row by row, and unique ones for duplicates (amcheck 1.4); that reads the whole table.
-- To spread the work, call it once per table: p_schema and p_table narrow it to names, not patterns.
-- Locks: ACCESS SHARE on each table and index until the transaction ends; waits at most 10 s for it.
create or replace function backup.check_indexes(
  p_schema text default null,
  p_table  text default null,
  p_deep   boolean default false
)
returns setof backup.finding
language plpgsql
set search_path = ''
set lock_timeout = '10s'
as $$
declare
  v_table   record;
  v_index   record;
  v_call    text;
  v_reason  text;
  v_sound   integer;
  v_read    integer;
  v_state   text;
  v_lacking text[];
begin
  select a.call, a.reason into v_call, v_reason from backup._amcheck_call(p_deep) a;
  if v_call is null then
    return next ('check_indexes', 'amcheck', 'skipped'::backup.verdict, 'the structure of B-tree indexes is verified',
      v_reason, '{}'::jsonb)::backup.finding;
  end if;

  for v_table in
    select t.* from backup._checked_tables(p_schema, p_table) t
    where exists (select from pg_catalog.pg_index i where i.indrelid = t.relid)
  loop
    v_sound := 0; v_read := 0;
    for v_index in
      select c.oid, format('%I.%I', n.nspname, c.relname) as name, i.indisvalid, i.indisready, i.indislive, i.indisunique,
             c.relkind = 'i' and m.amname = 'btree' as is_btree, c.relkind = 'I' as is_partitioned
      from pg_catalog.pg_index i
      join pg_catalog.pg_class c on c.oid = i.indexrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_am m on m.oid = c.relam
      where i.indrelid = v_table.relid
      order by c.relname
    loop
      v_state := concat_ws(', ', case when not v_index.indisvalid then 'invalid' end,
        case when not v_index.indisready then 'not ready' end, case when not v_index.indislive then 'not live' end);
      v_lacking := null;
      if not v_index.indisvalid and v_index.is_partitioned then
        select array_agg(format('%I.%I', n.nspname, c.relname) order by n.nspname, c.relname) into v_lacking
        from pg_catalog.pg_partition_tree(v_table.relid) p
        join pg_catalog.pg_class c on c.oid = p.relid and c.relkind <> 'f'
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where not exists (select from pg_catalog.pg_partition_tree(v_index.oid) t join pg_catalog.pg_index x on x.indexrelid = t.relid where x.indrelid = p.relid);
      end if;
      if v_lacking is not null then
        return next ('check_indexes', v_index.name, 'failed'::backup.verdict, 'every partition has it',
          format('%s partitions lack it', cardinality(v_lacking)),
          jsonb_build_object('table', v_table.subject, 'on_all_partitions', false, 'lacking', v_lacking[1:20],
            'repair_with', format('create index … on %s …; alter index %s attach partition …;', v_lacking[1], v_index.name)))::backup.finding;
        continue;
      elsif v_state <> '' then
        return next ('check_indexes', v_index.name, 'failed'::backup.verdict, 'valid, ready and live', v_state,
          jsonb_build_object('table', v_table.subject, 'rebuild_with', format('reindex index concurrently %s;', v_index.name)))::backup.finding;
        continue;
      end if;
      if v_call is not null and v_index.is_btree then
        begin
          execute v_call using v_index.oid::regclass, p_deep, v_index.indisunique;
          v_read := v_read + 1;
        exception when others then
          return next backup._finding_of_error('check_indexes', v_index.name, 'amcheck finds no damage', sqlstate, sqlerrm);
          continue;
        end;
      end if;
      v_sound := v_sound + 1;
    end loop;
    if v_sound > 0 then
      return next ('check_indexes', v_table.subject, 'passed'::backup.verdict, 'indexes are valid and undamaged',
        format('%s indexes are valid, %s of them verified by amcheck', v_sound, v_read),
        jsonb_build_object('valid', v_sound, 'verified', v_read, 'deep', p_deep))::backup.finding;
    end if;
  end loop;
end
$$;

comment on function backup.check_indexes(text, text, boolean) is
  'Reports indexes that are invalid, not ready or not live, and B-trees that amcheck finds damaged. Arguments narrow it to a schema and a table and ask for the deep comparison with the table.';
revoke all on function backup.check_indexes(text, text, boolean) from public;
