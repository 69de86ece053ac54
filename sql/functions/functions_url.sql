-- requires: tables/settings.sql
-- backup.functions_url()
--
-- Why: where the Edge Functions of this project answer: the setting, else Vault's project_url as Supabase documents it for
-- scheduled functions. Null when neither is there.
create or replace function backup.functions_url()
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_url text := (select rtrim(s.functions_url, '/') from backup.settings s);
begin
  if v_url is null and to_regclass('vault.decrypted_secrets') is not null
     and has_table_privilege('vault.decrypted_secrets', 'select') then
    execute $q$select rtrim(d.decrypted_secret, '/') || '/functions/v1' from vault.decrypted_secrets d
               where d.name = 'project_url' limit 1$q$ into v_url;
  end if;
  return v_url;
end;
$$;

comment on function backup.functions_url() is 'Base URL of the Edge Functions: backup.settings.functions_url, else Vault secret project_url + /functions/v1, else null.';
revoke all on function backup.functions_url() from public;
