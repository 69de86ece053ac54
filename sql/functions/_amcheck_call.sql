-- backup._amcheck_call(deep)
--
-- Why: whether the server has amcheck, where, in which version and for whom differs from project to project; it is asked of
-- the catalog each time. Newer versions add an argument that also searches unique indexes for duplicates.
create or replace function backup._amcheck_call(p_deep boolean)
returns table (call text, reason text)
language sql
stable
set search_path = ''
as $$
  select case when f.allowed then format('select %I.bt_index_check($1, $2%s)', f.nspname,
                                         case when f.pronargs = 3 then ', $3' else '' end) end,
         case when f.pronargs is null then 'the extension amcheck is not installed'
              when not f.allowed then format('role %I may not execute bt_index_check', current_user) end
  from (values (1)) as one (row)
  left join lateral (
    select n.nspname, p.pronargs, pg_catalog.has_function_privilege(p.oid, 'execute')
             and pg_catalog.has_schema_privilege(n.oid, 'usage') as allowed
    from pg_catalog.pg_extension e
    join pg_catalog.pg_depend d
      on d.refclassid = 'pg_catalog.pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
    join pg_catalog.pg_proc p on d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where e.extname = 'amcheck' and p.proname = 'bt_index_check' and (p.pronargs = 2 or p.pronargs = 3 and p_deep)
    order by allowed desc, p.pronargs desc
    limit 1
  ) f on true
$$;

comment on function backup._amcheck_call(boolean) is
  'Private: the statement with which check_indexes calls amcheck, or the reason why it cannot.';
revoke all on function backup._amcheck_call(boolean) from public;
