-- backup.check_row_security(schema, table)
--
-- Why: on Supabase row level security is all that stands between a table and the internet. A restore by hand that
-- forgets it gives the data away while everything seems to work.
-- Exposed schemas are public and those of pgrst.db_schemas, as set for the session, the database or a role.
-- Verdicts, one finding per table that fails and one "passed" per schema for the rest:
--   failed: row security is off on a table of an exposed schema that anon or authenticated has rights on (partitions
--           too: the policies of the parent do not guard them when addressed directly);
--   failed: a table of any included schema has policies while row security is off, so they have no effect;
--   passed with a note: row security is on without a policy (only bypassing roles see rows), and whether it is forced.
-- Where neither anon nor authenticated exists, there is no Data API: skipped. Reads the catalog only, takes no table lock.
create or replace function backup.check_row_security(p_schema text default null, p_table text default null)
returns setof backup.finding
language sql
stable
set search_path = ''
as $$
  with exposed as (
    select 'public' as schema_name
    union
    select btrim(x.name, ' "')
    from (select current_setting('pgrst.db_schemas', true) as names
          union all
          select substr(c.entry, length('pgrst.db_schemas=') + 1)
          from pg_catalog.pg_db_role_setting s
          cross join unnest(s.setconfig) as c (entry)
          where c.entry like 'pgrst.db_schemas=%'
            and s.setdatabase in (0, (select d.oid from pg_catalog.pg_database d where d.datname = current_database()))) n
    cross join regexp_split_to_table(n.names, ',') as x (name)
  ), api_roles as (
    select r.oid, r.rolname from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated')
  ), tables as (
    select t.schema_name, t.subject, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
           t.schema_name in (select e.schema_name from exposed e) as exposed,
           (select count(*) from pg_catalog.pg_policy p where p.polrelid = t.relid) as policies,
           array(select r.rolname::text from api_roles r
                 where pg_catalog.has_any_column_privilege(r.oid, t.relid, 'select, insert, update')
                    or pg_catalog.has_table_privilege(r.oid, t.relid, 'delete, truncate')
                 order by r.rolname) as reachable_by
    from backup._checked_tables(p_schema, p_table) t
    join pg_catalog.pg_class c on c.oid = t.relid
  ), judged as (
    select t.*, case
      when not t.enabled and t.policies > 0 then 'policies have no effect: row security is off'
      when not t.enabled and t.exposed and t.reachable_by <> '{}' then
        format('row security is off and %s can reach the table', array_to_string(t.reachable_by, ' and ')) end as problem
    from tables t
  )
  select 'check_row_security', j.subject, 'failed'::backup.verdict, 'row security is on', j.problem,
         jsonb_build_object('enabled', j.enabled, 'forced', j.forced, 'policies', j.policies, 'exposed', j.exposed,
           'reachable_by', j.reachable_by, 'repair_with', format('alter table %s enable row level security;', j.subject))
  from judged j
  where j.problem is not null and exists (select from api_roles)
  union all
  select 'check_row_security', format('%I', j.schema_name), 'passed', 'row security is on where the Data API can reach',
         concat_ws(', ', format('%s tables in order', count(*)),
           nullif(count(*) filter (where j.enabled and j.policies = 0), 0) || ' without a policy'),
         jsonb_build_object('tables', count(*), 'exposed', bool_or(j.exposed),
           'enabled', count(*) filter (where j.enabled), 'forced', count(*) filter (where j.forced),
           'without_policy', coalesce(jsonb_agg(j.subject order by j.subject) filter (where j.enabled and j.policies = 0), '[]'))
  from judged j
  where j.problem is null and exists (select from api_roles)
  group by j.schema_name
  union all
  select 'check_row_security', 'Data API', 'skipped', 'row security is on where the Data API can reach',
         'the roles anon and authenticated do not exist', '{}'
  where not exists (select from api_roles)
$$;

comment on function backup.check_row_security(text, text) is
  'Finds tables that the Data API can reach without row level security, and policies without effect. Arguments narrow it to a schema and a table.';
revoke all on function backup.check_row_security(text, text) from public;
