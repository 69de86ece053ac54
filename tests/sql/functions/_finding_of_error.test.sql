-- Tests sql/functions/_finding_of_error.sql
begin;
select plan(4);

select is((backup._finding_of_error('c', 's', 'e', '22P02', 'invalid input: "secret"'))::text,
  '(c,s,inconclusive,e,"error 22P02","{""sqlstate"": ""22P02""}")', '_finding_of_error() keeps a message that may quote a row to itself');
select is((backup._finding_of_error('c', 's', 'e', '42501', 'permission denied')).actual, 'error 42501: permission denied', '_finding_of_error() keeps a message about privileges');
select is((backup._finding_of_error('c', 's', 'e', 'XX001', 'invalid page')).verdict, 'failed'::backup.verdict, '_finding_of_error() fails corruption');
select function_privs_are('backup', '_finding_of_error', array['text', 'text', 'text', 'text', 'text'], 'anon', array[]::text[], 'anon may not execute _finding_of_error()');

select * from finish();
rollback;
