-- Tests sql/tables/primary_backups.sql
begin;
select plan(9);

select col_is_pk('backup', 'primary_backups', array['look_id'], 'primary_backups has a key');
select isnt(obj_description('backup.primary_backups'::regclass), null, 'primary_backups has a comment');
select throws_ok($$ insert into backup.primary_backups (project_ref, outcome) values ('p', 'seen') $$, '23514', null, 'primary_backups rejects another outcome');
select throws_ok($$ insert into backup.primary_backups (project_ref, outcome) values ('p', 'unanswered') $$, '23514', null, 'primary_backups wants a reason where nobody answered');
select throws_ok($$ insert into backup.primary_backups (project_ref, outcome, reason) values ('p', 'answered', 'x') $$, '23514', null, 'primary_backups wants none where somebody did');
select is((select relrowsecurity from pg_class where oid = 'backup.primary_backups'::regclass), true, 'primary_backups has row level security');
select policies_are('backup', 'primary_backups', array['service_role_reads'], 'primary_backups has one policy');
select table_privs_are('backup', 'primary_backups', 'anon', array[]::text[], 'anon may not touch primary_backups');
select table_privs_are('backup', 'primary_backups', 'service_role', array['SELECT'], 'service_role may read primary_backups and nothing else');

select * from finish();
rollback;
