-- Tests sql/functions/_duration_words.sql
begin;
select plan(9);

select is(backup._duration_words(d::interval), w, format('_duration_words() says %s for %s', w, d))
from (values ('4 hours', '4 h'), ('30 days', '30 d'), ('3:20:15', '3 h 20 min'), ('95 seconds', '1 min 35 s'), ('1 day 5 seconds', '1 d'), ('0', '0 s')) as t(d, w);
select is(backup._duration_words(null), null, '_duration_words() has no word for null');

-- permissions
select function_privs_are('backup', '_duration_words', array['interval']::text[], 'anon', '{}'::text[], '_duration_words() is closed to anon');
select function_privs_are('backup', '_duration_words', array['interval']::text[], 'authenticated', '{}'::text[], '_duration_words() is closed to authenticated');

select * from finish();
rollback;
