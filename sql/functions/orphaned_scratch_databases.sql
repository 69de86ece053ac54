-- requires: tables/drills.sql
-- backup.orphaned_scratch_databases()
--
-- Why: a worker that dies leaves a whole copy of the database on disk. A scratch database is named after the database
-- whose ledger it belongs to and after its drill, so that ledgers on one server leave each other's alone. It is an orphan
-- when that drill is over or unknown, or when the database of its ledger is gone.
create or replace function backup.orphaned_scratch_databases()
returns table (database_name name, drill_id uuid, reason text)
language sql
stable
set search_path = ''
as $$
  select b.datname, n.drill_id,
         case when o.oid is null then 'its ledger is gone'
              when d.drill_id is null then 'its drill is unknown'
              else format('its drill is %s', d.state) end
  from pg_catalog.pg_database b
  cross join lateral regexp_match(b.datname::text, '^holdfast_drill_(\d{1,10})_([0-9a-f]{32})$') as m(part)
  cross join lateral (select case when m.part[1]::bigint <= 4294967295 then m.part[1]::bigint::oid end as ledger, m.part[2]::uuid as drill_id) n
  left join pg_catalog.pg_database o on o.oid = n.ledger
  left join backup.drills d on d.drill_id = n.drill_id
  where n.ledger is not null
    and (o.oid is null or (o.datname = current_database() and (d.drill_id is null or d.state <> 'running')))
  order by b.datname
$$;

comment on function backup.orphaned_scratch_databases() is
  'Scratch databases of drills that are over or unknown, with the reason. drop database cannot run inside a function; the function restore-drill does it.';
revoke all on function backup.orphaned_scratch_databases() from public;
