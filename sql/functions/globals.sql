-- requires: tables/settings.sql
-- backup.globals()
--
-- Why: what a database needs besides its schemas: roles, memberships, settings, privileges on parameters, extensions,
-- scheduled jobs. Platform roles
-- are listed too, so that a reader can tell what was there; a restore creates only the others.
-- Password verifiers are included only when backup.settings.include_role_passwords is on and the role may read them.
create or replace function backup.globals()
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_passwords jsonb := '{}';
  v_jobs      jsonb := null;
begin
  if (select s.include_role_passwords from backup.settings s) then
    if not has_table_privilege('pg_catalog.pg_authid', 'select') then
      raise exception using errcode = 'HF305', message = 'role password verifiers cannot be read',
        detail = 'The role has no SELECT privilege on pg_authid.',
        hint = 'Run update backup.settings set include_role_passwords = false where id; or grant pg_read_all_data.';
    end if;
    execute 'select jsonb_object_agg(rolname, rolpassword) from pg_catalog.pg_authid where rolpassword is not null' into v_passwords;
  end if;
  if to_regclass('cron.job') is not null and has_table_privilege('cron.job', 'select') then
    execute $q$select coalesce(jsonb_agg(jsonb_build_object('name', j.jobname, 'schedule', j.schedule, 'command', j.command,
                        'database', j.database, 'username', j.username, 'active', j.active) order by j.jobid), '[]')
               from cron.job j where coalesce(j.jobname, '') not like 'holdfast-%'$q$ into v_jobs;
  end if;
  return jsonb_build_object(
    'roles', (
      select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', r.rolname, 'superuser', r.rolsuper, 'inherit', r.rolinherit,
               'create_role', r.rolcreaterole, 'create_db', r.rolcreatedb, 'login', r.rolcanlogin,
               'replication', r.rolreplication, 'bypass_rls', r.rolbypassrls,
               'connection_limit', r.rolconnlimit, 'valid_until', r.rolvaliduntil, 'settings', to_jsonb(r.rolconfig),
               'password_verifier', v_passwords -> r.rolname::text,
               'comment', shobj_description(r.oid, 'pg_authid'))) order by r.rolname)
      from pg_catalog.pg_roles r where r.rolname !~ '^pg_'),
    'memberships', (
      select coalesce(jsonb_agg(jsonb_build_object('role', g.rolname, 'member', m.rolname, 'admin', a.admin_option)
               order by g.rolname, m.rolname), '[]')
      from pg_catalog.pg_auth_members a
      join pg_catalog.pg_roles g on g.oid = a.roleid join pg_catalog.pg_roles m on m.oid = a.member),
    'settings', (
      select coalesce(jsonb_agg(jsonb_build_object('role', r.rolname, 'settings', to_jsonb(s.setconfig)) order by r.rolname), '[]')
      from pg_catalog.pg_db_role_setting s
      left join pg_catalog.pg_roles r on r.oid = s.setrole
      where s.setdatabase = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())),
    -- A superuser may set everything without a grant.
    'parameter_privileges', (
      select coalesce(jsonb_agg(jsonb_build_object('parameter', p.parname, 'role', r.rolname, 'privilege', lower(a.privilege_type),
               'grantable', a.is_grantable) order by p.parname, r.rolname, a.privilege_type), '[]')
      from pg_catalog.pg_parameter_acl p cross join lateral aclexplode(p.paracl) a
      left join pg_catalog.pg_roles r on r.oid = a.grantee
      where not coalesce(r.rolsuper, false)),
    'extensions', (
      select jsonb_agg(jsonb_build_object('name', e.extname, 'version', e.extversion, 'schema', n.nspname) order by e.extname)
      from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace),
    'cron_jobs', v_jobs,
    'database', (
      select jsonb_build_object('name', d.datname, 'encoding', pg_encoding_to_char(d.encoding), 'collation', d.datcollate,
               'character_type', d.datctype, 'comment', shobj_description(d.oid, 'pg_database'))
      from pg_catalog.pg_database d where d.datname = current_database()));
end;
$$;

comment on function backup.globals() is
  'Roles, memberships, settings, privileges on parameters, extensions and scheduled jobs as JSON; cron_jobs is null without pg_cron. Errors: HF305.';
revoke all on function backup.globals() from public;
