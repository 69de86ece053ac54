-- requires: tables/access_probes.sql
-- backup.run_access_probes(name)
--
-- Why: equal policies in the catalog do not prove equal access: a policy may call a function, read another table or depend on
-- who owns it. Counting what a role sees, before and after, does. The backup keeps the numbers of its own snapshot.
-- Each probe sees the table as PostgREST would show it: as the role, with the claims, with row security, and with the schemas
-- of the table, public and extensions to look names up in. It runs in a block that is rolled back, which restores every
-- setting, and read-only, since functions in policies are somebody else's.
-- A probe has either rows or a SQLSTATE; a refusal (42501) is an answer like a number. looked is false where nothing was
-- tried: the role does not exist or is not open to the caller, or the relation is not a table. Never returns row values.
-- SET ROLE asks what the session may, which may be more than what the caller may, so that membership of the caller is
-- asked first; views are refused because they may run anything. Cancelling passes through.
-- Locks: ACCESS SHARE on each table until the transaction ends; waits at most 10 s for it.
create or replace function backup.run_access_probes(p_name text default null)
returns table (name text, role_name text, schema_name text, table_name text, rows bigint, error text, looked boolean)
language plpgsql
set search_path = ''
set lock_timeout = '10s'
as $$
declare
  v_probe record;
  v_done  boolean;
begin
  for v_probe in
    select p.*, coalesce(pg_catalog.pg_has_role(current_user, r.oid,
             -- From 16 on a member may be one without being allowed to act as the role.
             case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end), false) as may_be,
           c.oid is null as missing, coalesce(c.relkind in ('r', 'p'), false) as countable
    from backup.access_probes p
    left join pg_catalog.pg_roles r on r.rolname::text = p.role_name
    left join pg_catalog.pg_namespace n on n.nspname::text = p.schema_name
    left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname::text = p.table_name
    where p.enabled and (p_name is null or p.name = p_name)
    order by p.name
  loop
    name := v_probe.name; role_name := v_probe.role_name; schema_name := v_probe.schema_name; table_name := v_probe.table_name;
    rows := null; error := null; looked := true; v_done := false;
    if not v_probe.may_be or not (v_probe.missing or v_probe.countable) then
      error := case when v_probe.may_be then '42809' else '0P000' end;
      looked := false;
      return next;
      continue;
    end if;
    begin
      perform pg_catalog.set_config('transaction_read_only', 'on', true),
              pg_catalog.set_config('row_security', 'on', true),
              pg_catalog.set_config('search_path', format('%I, public, extensions', v_probe.schema_name), true),
              pg_catalog.set_config('request.jwt.claims', (jsonb_build_object('role', v_probe.role_name) || v_probe.claims)::text, true),
              -- Older policies read single claims.
              pg_catalog.set_config('request.jwt.claim.sub', coalesce(v_probe.claims ->> 'sub', ''), true),
              pg_catalog.set_config('request.jwt.claim.role', coalesce(v_probe.claims ->> 'role', v_probe.role_name), true),
              pg_catalog.set_config('request.jwt.claim.email', coalesce(v_probe.claims ->> 'email', ''), true);
      perform pg_catalog.set_config('role', v_probe.role_name, true);
      execute format('select pg_catalog.count(*) from %I.%I', v_probe.schema_name, v_probe.table_name) into rows;
      v_done := true;
      raise exception using errcode = 'transaction_rollback';
    exception when others then
      if not v_done then
        rows := null;
        get stacked diagnostics error = returned_sqlstate;
      end if;
    end;
    return next;
  end loop;
end
$$;

comment on function backup.run_access_probes(text) is
  'Counts, for each enabled probe, the rows its role sees with its claims, read-only; errors appear as SQLSTATE. With a name: that probe only. The caller must be a member of the role.';
revoke all on function backup.run_access_probes(text) from public;
