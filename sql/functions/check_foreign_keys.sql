-- requires: functions/_foreign_key_queries.sql
-- backup.check_foreign_keys(schema, table, samples)
--
-- Why: rows loaded with triggers off (a restore, a replica, a repair by hand) can break a foreign key that the catalog
-- calls valid. Every key is evaluated on the rows themselves and orphans are counted exactly.
-- One finding per foreign key, passed or not. A key of a partitioned table is examined once, through the parent; the
-- copies on its partitions are not examined again. A NOT VALID key is examined as any other and says so;
-- check_constraints() is where a missing validation itself fails.
-- Skipped: keys that are not enforced. Inconclusive: temporal keys (PERIOD), tables that cannot be read.
-- Cost: one hash anti-join per key; to spread it, call it once per referencing table with p_schema and p_table.
-- Locks: ACCESS SHARE on both tables until the transaction ends; waits at most 10 s for it.
create or replace function backup.check_foreign_keys(
  p_schema  text default null,
  p_table   text default null,
  p_samples integer default 5
)
returns setof backup.finding
language plpgsql
stable
set search_path = ''
set row_security = off
set lock_timeout = '10s'
as $$
declare
  v_key      record;
  v_orphans  jsonb;
  v_partial  jsonb;
  v_evidence jsonb;
  v_rows     bigint;
begin
  for v_key in
    select format('%s.%I', t.subject, c.conname) as subject, pg_catalog.pg_get_constraintdef(c.oid) as definition,
           c.convalidated, q.orphans, q.partial,
           coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) as enforced,
           coalesce((to_jsonb(c) ->> 'conperiod')::boolean, false) as temporal
    from backup._checked_tables(p_schema, p_table) t
    join pg_catalog.pg_constraint c on c.conrelid = t.relid and c.contype = 'f' and c.conparentid = 0
    cross join lateral backup._foreign_key_queries(c.oid, p_samples) q
    order by t.schema_name, t.table_name, c.conname
  loop
    v_evidence := jsonb_build_object('definition', v_key.definition, 'validated', v_key.convalidated);

    if not v_key.enforced or v_key.temporal then
      return next ('check_foreign_keys', v_key.subject,
        case when v_key.enforced then 'inconclusive' else 'skipped' end::backup.verdict, 'no orphans',
        case when v_key.enforced then 'temporal foreign keys are not examined' else 'the key is not enforced' end,
        v_evidence)::backup.finding;
      continue;
    end if;

    begin
      execute v_key.orphans into v_orphans;
      v_partial := null;
      if v_key.partial is not null then
        execute v_key.partial into v_partial;
      end if;
    exception when others then
      return next backup._finding_of_error('check_foreign_keys', v_key.subject, 'no orphans', sqlstate, sqlerrm);
      continue;
    end;

    v_rows := (v_orphans ->> 'rows')::bigint + coalesce((v_partial ->> 'rows')::bigint, 0);
    v_evidence := v_evidence || jsonb_build_object('orphans', v_orphans -> 'rows');
    if v_partial is not null then
      v_evidence := v_evidence || jsonb_build_object('partly_null', v_partial -> 'rows');
    end if;
    if v_rows > 0 then
      v_evidence := v_evidence || jsonb_build_object('samples',
        (v_orphans -> 'samples') || coalesce(v_partial -> 'samples', '[]'));
    end if;

    return next ('check_foreign_keys', v_key.subject,
      case when v_rows = 0 then 'passed' else 'failed' end::backup.verdict, 'no orphans',
      concat_ws(', ',
        case when v_orphans ->> 'rows' = '0' then 'no orphans' else v_orphans ->> 'rows' || ' orphans' end,
        case when (v_partial ->> 'rows')::bigint > 0 then v_partial ->> 'rows' || ' partly null keys' end,
        case when not v_key.convalidated then 'the key is NOT VALID' end),
      v_evidence)::backup.finding;
  end loop;
end
$$;

comment on function backup.check_foreign_keys(text, text, integer) is
  'Counts, for every foreign key, the rows that reference nothing; evidence names some of them by address and surrogate key. Arguments narrow it to the keys of a schema and a table.';
revoke all on function backup.check_foreign_keys(text, text, integer) from public;
