-- Tests sql/functions/cron_problem.sql
begin;
select plan(28);

select is(backup.cron_problem(s), null, format('cron_problem() finds nothing wrong with %s', s))
from unnest(array['* * * * *', '0 1 * * 0', ' 5  4 * * sun ', '*/15 0-5,12 1,15 JAN-MAR mon-fri', '0 0 29 2 *', '0 0 $ * *', '1 second', '59 seconds', '0 0 31 2 1']) s;
select is(backup.cron_problem(null), null, 'cron_problem() finds nothing wrong with no schedule');
select matches(backup.cron_problem(s), p, format('cron_problem() says what is wrong with %s', s))
from (values ('', 'has 0 fields'), ('daily', 'has 1 fields'), ('@daily', 'has 1 fields'), ('* * * *', 'has 4 fields'), ('0 0 1 * * *', 'has 6 fields'),
             ('60 * * * *', 'minute ''60'''), ('0 24 * * *', 'hour ''24'''), ('0 0 0 * *', 'day of month ''0'''), ('0 0 1 13 *', 'month ''13'''),
             ('0 0 * * 8', 'day of week ''8'''), ('5/10 * * * *', 'minute'), ('9-5 * * * *', 'minute'), ('*/0 * * * *', 'minute'), ('0 0 31 2,4 *', 'never due'),
             ('0 seconds', 'from 1 to 59'), ('60 seconds', 'from 1 to 59')) as t(s, p);

-- permissions
select function_privs_are('backup', 'cron_problem', array['text']::text[], 'anon', '{}'::text[], 'cron_problem() is closed to anon');
select function_privs_are('backup', 'cron_problem', array['text']::text[], 'authenticated', '{}'::text[], 'cron_problem() is closed to authenticated');

select * from finish();
rollback;
