-- requires: functions/included_schemas.sql
-- backup.sequence_values()
--
-- Why: sequences are not transactional. They are read last, so that a restored nextval() is never behind the data; and when the run
-- is planned, because TRUNCATE … RESTART IDENTITY sets them back. Locks: ACCESS SHARE on each sequence while it is read.
-- Errors: HF305 a sequence cannot be read.
create or replace function backup.sequence_values()
returns table (schema_name text, sequence_name text, last_value bigint, is_called boolean)
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_schema   oid;
  v_sequence oid;
begin
  for schema_name, sequence_name, v_schema, v_sequence in
    select n.nspname, c.relname, n.oid, c.oid
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'S' and c.relpersistence <> 't' and n.nspname in (select backup.included_schemas())
    order by n.nspname, c.relname
  loop
    -- By object id: by name, the question itself is refused with 42501 where USAGE on the schema is missing.
    if not has_schema_privilege(v_schema, 'usage') then
      raise exception using errcode = 'HF305',
        message = format('sequence %I.%I cannot be read', schema_name, sequence_name),
        detail = format('Role %I has no USAGE privilege on the schema.', current_user),
        hint = format('Run grant usage on schema %I to %I, or add the schema to backup.settings.excluded_schemas.', schema_name, current_user);
    end if;
    if not has_sequence_privilege(v_sequence, 'select') then
      raise exception using errcode = 'HF305',
        message = format('sequence %I.%I cannot be read', schema_name, sequence_name),
        detail = format('Role %I has no SELECT privilege.', current_user),
        hint = format('Run grant select on sequence %I.%I to %I.', schema_name, sequence_name, current_user);
    end if;
    -- Rolled back, so that not one lock for each sequence is held to the end: ten thousand fill the server's lock table.
    begin
      execute format('select s.last_value, s.is_called from %I.%I s', schema_name, sequence_name) into last_value, is_called;
      raise exception using errcode = 'ZZ000', message = 'read';
    exception when sqlstate 'ZZ000' then null;
    end;
    return next;
  end loop;
end;
$$;

comment on function backup.sequence_values() is 'Position of every sequence of the included schemas now, as setval() takes it. Errors: HF305.';
revoke all on function backup.sequence_values() from public;
