-- Tests sql/functions/_amcheck_call.sql
begin;
select plan(4);

select is((select num_nulls(a.call, a.reason) from backup._amcheck_call(false) a), 1, '_amcheck_call() returns a statement or a reason');
select is((select a.call is not null or a.reason ~ 'may not execute' from backup._amcheck_call(false) a),
  exists (select from pg_extension where extname = 'amcheck'), '_amcheck_call() finds the extension exactly where it is installed');
select ok((select coalesce(a.call ~ '\.bt_index_check\(\$1, \$2(, \$3)?\)$', true) from backup._amcheck_call(true) a), '_amcheck_call() calls it by schema');
select function_privs_are('backup', '_amcheck_call', array['boolean'], 'anon', array[]::text[], 'anon may not execute _amcheck_call()');

select * from finish();
rollback;
