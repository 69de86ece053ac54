-- Tests sql/functions/set_objective.sql
begin;
select plan(8);

select is(backup.set_objective('RTO', '4 hours'), interval '4 hours', 'set_objective() returns the target');
select is(backup.set_objective('rpo', '15 minutes'), interval '15 minutes', 'set_objective() takes another');
select results_eq('select name, target from backup.objectives order by 1', $$ values ('rpo', interval '15 minutes'), ('rto', '4 hours') $$, 'set_objective() sets the targets');
select throws_ok($$ select backup.set_objective('rtx', '4 hours') $$, 'HF810', null, 'set_objective() rejects an unknown objective with HF810');
select throws_ok($$ select backup.set_objective('rto', 'soon') $$, 'HF811', null, 'set_objective() rejects what is no time with HF811');
select throws_ok($$ select backup.set_objective('rto', '-1 hour') $$, 'HF811', null, 'set_objective() rejects a time that is not above zero with HF811');

-- permissions
select function_privs_are('backup', 'set_objective', array['text', 'text']::text[], 'anon', '{}'::text[], 'set_objective() is closed to anon');
select function_privs_are('backup', 'set_objective', array['text', 'text']::text[], 'authenticated', '{}'::text[], 'set_objective() is closed to authenticated');

select * from finish();
rollback;
