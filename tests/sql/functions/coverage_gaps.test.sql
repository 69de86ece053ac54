-- Tests sql/functions/coverage_gaps.sql
begin;
select plan(17);

select isnt(obj_description('backup.coverage_gaps()'::regprocedure), null, 'coverage_gaps() has a comment');
select is_empty($$ select * from backup.coverage_gaps() where code in ('vault_not_covered', 'storage_files_not_covered', 'large_objects_not_covered') $$,
  'coverage_gaps() finds nothing in an empty project');

select vault.create_secret('a value', 'a_name');
select results_eq($$ select subject from backup.coverage_gaps() where code = 'vault_not_covered' $$, $$ values ('vault.secrets') $$,
  'coverage_gaps() names Vault secrets');
select is_empty($$ select * from backup.coverage_gaps() where message like '%a value%' or message like '%a_name%' $$,
  'coverage_gaps() tells neither names nor values of secrets');

insert into storage.buckets (id, name) values ('b', 'b');
insert into storage.objects (bucket_id, name) values ('b', 'one'), ('b', 'two');
select matches((select message from backup.coverage_gaps() where code = 'storage_files_not_covered'), '2 Storage files',
  'coverage_gaps() counts the files of Storage');

select lo_create(0);
select isnt_empty($$ select * from backup.coverage_gaps() where code = 'large_objects_not_covered' $$, 'coverage_gaps() names large objects');

-- What a project puts beside the objects of the platform.
select is_empty($$ select * from backup.coverage_gaps() where code = 'objects_not_covered' $$,
  'coverage_gaps() does not count what the platform and extensions make');
create schema graphql_public;
create table graphql_public.messages (topic text);
create policy "room members" on graphql_public.messages using (true);
create schema realtime;
create table realtime.messages (topic text);
create policy "in schema.json" on realtime.messages using (true);
create function public.hf_heard() returns trigger language plpgsql as $f$ begin return new; end $f$;
create trigger heard after insert on graphql_public.messages for each row execute function public.hf_heard();
create function extensions.slug() returns text language sql as $f$ select 'x' $f$;
create function extensions.watch() returns event_trigger language plpgsql as $f$ begin end $f$;
select results_eq($$ select subject, message from backup.coverage_gaps() where code = 'objects_not_covered' $$, $$ values
  ('schema extensions', 'Backups do not cover this schema, so what the project has in it is not in one: function slug. Keep the statements that make it elsewhere as well.'),
  ('schema graphql_public', 'Backups do not cover this schema, so what the project has in it is not in one: policy "room members" on messages, trigger heard on messages. Keep the statements that make it elsewhere as well.') $$,
  'coverage_gaps() names policies and functions of the project in schemas that are not covered');
do $$ begin
  for i in 1..11 loop
    execute format('create function extensions.slug%s() returns text language sql as %L', i, 'select null::text');
  end loop;
end $$;
select matches((select message from backup.coverage_gaps() where subject = 'schema extensions'), 'slug7 and 2 more\.',
  'coverage_gaps() names ten and counts the rest');
update backup.settings set excluded_schemas = '{extensions}' where id;
select results_eq($$ select subject from backup.coverage_gaps() where code = 'objects_not_covered' $$, $$ values ('schema graphql_public') $$,
  'coverage_gaps() does not name what settings leave out on purpose');

-- A role that may look nowhere.
create role hf_blind nologin;
grant hf_blind to postgres;
grant usage on schema backup to hf_blind;
grant execute on function backup.coverage_gaps() to hf_blind;
create temporary table seen_by_postgres as select * from backup.coverage_gaps();
set local role hf_blind;
create temporary table seen_by_blind as select * from backup.coverage_gaps();
reset role;
select is_empty($$ select from seen_by_postgres where code = 'coverage_unknown' $$, 'coverage_gaps() knows everything for a role that may look');
select results_eq($$ select subject from seen_by_blind where code = 'coverage_unknown' and subject in ('storage.objects', 'vault.secrets') order by 1 $$,
  $$ values ('storage.objects'), ('vault.secrets') $$, 'coverage_gaps() says where it could not look, without USAGE on the schema');
select isnt_empty($$ select from seen_by_blind where code = 'coverage_unknown' and subject = 'backup.settings' $$,
  'coverage_gaps() says that it could not tell what is left out');
select matches((select message from seen_by_blind where subject = 'vault.secrets'), 'role hf_blind may not read it', 'coverage_gaps() names the role');
select isnt_empty($$ select from seen_by_blind where code = 'large_objects_not_covered' $$, 'coverage_gaps() still tells the rest');

select function_privs_are('backup', 'coverage_gaps', array[]::text[], 'anon', array[]::text[], 'anon may not execute coverage_gaps()');
select function_privs_are('backup', 'coverage_gaps', array[]::text[], 'service_role', array[]::text[],
  'service_role may not execute coverage_gaps()');

select * from finish();
rollback;
