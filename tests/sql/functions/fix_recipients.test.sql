-- Tests sql/functions/fix_recipients.sql
begin;
select plan(14);

-- arrange: an empty ledger and one run
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;
create function pg_temp.recipient(p_letter text) returns text language sql as $$ select 'age1' || repeat(p_letter, 58) $$;
create temporary table started as select backup.start_run('sql', 'cli') as run_id;

select function_returns('backup', 'fix_recipients', array['text', 'text[]'], 'text[]', 'fix_recipients() returns the recipients');
select isnt(obj_description('backup.fix_recipients(text,text[])'::regprocedure), null, 'fix_recipients() has a comment');
select is((select age_recipients from backup.runs), null, 'fix_recipients() has not been called for a run that nobody works on');

-- errors
select throws_ok($$ select backup.fix_recipients('20000101T000000Z-000000', '{}') $$, 'HF001', null, 'fix_recipients() rejects an unknown run with HF001');
select throws_ok($$ select backup.fix_recipients(run_id, array['AGE-SECRET-KEY-1PRIVATE']) from started $$, 'HF700', 'a recipient is not the public key of an age key pair',
  'fix_recipients() rejects a private key with HF700 and does not repeat it');
select throws_ok($$ select backup.fix_recipients(run_id, array[pg_temp.recipient('q'), null]) from started $$, 'HF700', null, 'fix_recipients() rejects null among the recipients with HF700');
select throws_ok($$ select backup.fix_recipients(run_id, null) from started $$, 'HF700', null, 'fix_recipients() rejects null, which says nothing, with HF700');

-- behaviour
select is((select backup.fix_recipients(run_id, array[pg_temp.recipient('q'), pg_temp.recipient('z')]) from started), array[pg_temp.recipient('q'), pg_temp.recipient('z')],
  'fix_recipients() takes what the first worker brings');
select is((select backup.fix_recipients(run_id, array[pg_temp.recipient('p')]) from started), array[pg_temp.recipient('q'), pg_temp.recipient('z')],
  'fix_recipients() gives a later worker what holds, whatever that one brings');
select is((select backup.fix_recipients(run_id, '{}') from started), array[pg_temp.recipient('q'), pg_temp.recipient('z')], 'fix_recipients() does not switch encryption off in the middle');
do $$ begin perform backup.fail_run((select run_id from started), 'HF008', 'the test is over'); end $$;
update started set run_id = backup.start_run('sql', 'cli');
select is((select array[backup.fix_recipients(run_id, '{}')::text, backup.fix_recipients(run_id, array[pg_temp.recipient('q')])::text] from started), array['{}', '{}'],
  'fix_recipients() does not switch encryption on in the middle');
do $$ begin perform backup.fail_run((select run_id from started), 'HF008', 'the test is over'); update backup.runs set age_recipients = null; end $$;
select throws_ok($$ select backup.fix_recipients(run_id, '{}') from started $$, 'HF003', null, 'fix_recipients() rejects a run that has ended with HF003');

-- permissions
select function_privs_are('backup', 'fix_recipients', array['text', 'text[]'], 'anon', '{}'::text[], 'fix_recipients() is closed to anon');
select function_privs_are('backup', 'fix_recipients', array['text', 'text[]'], 'authenticated', '{}'::text[], 'fix_recipients() is closed to authenticated');

select * from finish();
rollback;
