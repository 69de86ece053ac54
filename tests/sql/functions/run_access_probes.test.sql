-- Tests sql/functions/run_access_probes.sql
begin;
select plan(24);

-- arrange
create schema odd;
grant usage on schema odd to anon, authenticated;
create table odd.notes (id integer primary key, owner uuid not null, secret text);
insert into odd.notes values (1, '00000000-0000-0000-0000-000000000001', 'x'), (2, '00000000-0000-0000-0000-000000000001', 'x'), (3, '00000000-0000-0000-0000-000000000002', 'x');
alter table odd.notes enable row level security;
grant select on odd.notes to authenticated;
create function odd.me() returns uuid language sql stable as $$ select nullif(current_setting('request.jwt.claims', true)::jsonb ->> 'sub', '')::uuid $$;
create policy own on odd.notes for select to authenticated using (owner = odd.me());
create view odd.all_notes as select * from odd.notes;
grant select on odd.all_notes to authenticated;
create role odd_stranger nologin;
create role odd_caller nologin;
grant usage on schema backup to odd_caller;
grant select on backup.access_probes to odd_caller;
create policy odd_reads on backup.access_probes for select to odd_caller using (true);
grant execute on function backup.run_access_probes(text) to odd_caller;
grant odd_caller to current_user;
delete from backup.access_probes;
create function pg_temp.probe(p_role text, p_table text, p_claims jsonb default '{}')
returns text language plpgsql as $$
begin
  insert into backup.access_probes (name, role_name, claims, schema_name, table_name) values ('the probe', p_role, p_claims, 'odd', p_table)
  on conflict (name) do update set role_name = excluded.role_name, claims = excluded.claims, table_name = excluded.table_name;
  return (select concat_ws(' ', coalesce(p.rows || ' rows', p.error), case when not p.looked then 'not looked' end)
          from backup.run_access_probes('the probe') p);
end $$;

-- contract
select function_returns('backup', 'run_access_probes', array['text'], 'setof record', 'run_access_probes() returns rows');
select isnt(obj_description('backup.run_access_probes(text)'::regprocedure), null, 'run_access_probes() has a comment');
select ok(not p.prosecdef, 'run_access_probes() runs as its caller') from pg_proc p where p.oid = 'backup.run_access_probes(text)'::regprocedure;
select is_empty('select * from backup.run_access_probes()', 'run_access_probes() finds nothing to do without probes');

-- behaviour
select is(pg_temp.probe('authenticated', 'notes', '{"sub": "00000000-0000-0000-0000-000000000001"}'), '2 rows', 'run_access_probes() counts what the claims let a role see');
select is(pg_temp.probe('authenticated', 'notes', '{"sub": "00000000-0000-0000-0000-000000000002"}'), '1 rows', 'run_access_probes() counts for other claims');
select is(pg_temp.probe('authenticated', 'notes'), '0 rows', 'run_access_probes() counts nothing without claims');
select is(pg_temp.probe('anon', 'notes'), '42501', 'run_access_probes() answers with the refusal');
select is(pg_temp.probe('authenticated', 'notes', '{"sub": "no uuid"}'), '22P02', 'run_access_probes() answers with the error of a policy, without its message');
select is(pg_temp.probe('authenticated', 'gone'), '42P01', 'run_access_probes() answers that the table is missing');
select is(pg_temp.probe('authenticated', 'all_notes'), '42809 not looked', 'run_access_probes() does not run views');
select is(pg_temp.probe('no_such_role', 'notes'), '0P000 not looked', 'run_access_probes() does not look as a role that does not exist');
select is(pg_temp.probe(current_user::text, 'notes'), '3 rows', 'run_access_probes() counts every row for the owner');
create policy roles on odd.notes for select to authenticated using (current_setting('request.jwt.claims')::jsonb ->> 'role' = 'authenticated' and secret = 'x');
select is(pg_temp.probe('authenticated', 'notes'), '3 rows', 'run_access_probes() adds the role to the claims');
create function odd.write() returns boolean language plpgsql as $$ begin insert into odd.notes values (9, '00000000-0000-0000-0000-000000000002', ''); return true; end $$ security definer;
create policy writes on odd.notes for select to authenticated using (odd.write());
select is(pg_temp.probe('authenticated', 'notes', '{"role": "other"}'), '25006', 'run_access_probes() lets no policy write');
drop policy writes on odd.notes;

-- behaviour: what is left behind
select is(current_user::text || current_setting('transaction_read_only') || coalesce(nullif(current_setting('request.jwt.claims', true), ''), '-'), session_user || 'off-',
  'run_access_probes() restores role and settings');
update backup.access_probes set enabled = false;
select is_empty('select * from backup.run_access_probes()', 'run_access_probes() leaves out what is disabled');
update backup.access_probes set enabled = true;
insert into backup.access_probes (name, role_name, schema_name, table_name) values ('another', 'anon', 'odd', 'notes');
select results_eq('select name from backup.run_access_probes()', $$ values ('another'), ('the probe') $$, 'run_access_probes() runs every probe by name');
select results_eq($$ select name from backup.run_access_probes('another') $$, $$ values ('another') $$, 'run_access_probes() runs one probe');

-- behaviour: no way up
update backup.access_probes set role_name = 'odd_stranger' where name = 'another';
select is((select count(*)::integer from backup.run_access_probes() p where p.role_name <> 'authenticated' and p.looked),
  case when pg_has_role(current_user, 'odd_stranger', case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end) then 1 else 0 end, 'run_access_probes() asks for membership');
set local role odd_caller;
create temp table found as select p.name, p.rows, p.error, p.looked from backup.run_access_probes() p;
create temp table afterwards as select current_user::text as caller;
reset role;
select is((select jsonb_agg(to_jsonb(f) order by f.name) from found f),
  '[{"name": "another", "rows": null, "error": "0P000", "looked": false}, {"name": "the probe", "rows": null, "error": "0P000", "looked": false}]',
  'run_access_probes() gives a caller no role that only its session may take');
select is((select a.caller from afterwards a), 'odd_caller', 'run_access_probes() leaves the caller who it is');

-- permissions
select function_privs_are('backup', 'run_access_probes', array['text'], 'anon', array[]::text[], 'anon may not execute run_access_probes()');
select function_privs_are('backup', 'run_access_probes', array['text'], 'authenticated', array[]::text[], 'authenticated may not execute run_access_probes()');

select * from finish();
rollback;
