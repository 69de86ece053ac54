-- Tests sql/functions/_read_only.sql
begin;
select plan(9);

create schema odd;
create table odd.t (id integer);
create sequence odd.s;

select is(backup._read_only('select to_jsonb(7)'), '7', '_read_only() returns the value');
select is(backup._read_only('select to_jsonb(1) where false'), null, '_read_only() returns null without a row');
select is(current_setting('transaction_read_only'), 'off', '_read_only() leaves the transaction writable');
select throws_ok($$ select backup._read_only('select to_jsonb(nextval(''odd.s''))') $$, '25006', null, '_read_only() rejects a write');
select throws_ok($$ select backup._read_only('select to_jsonb(1); delete from odd.t') $$, '42P11', null, '_read_only() rejects several statements');
select throws_ok($$ select backup._read_only('select to_jsonb(set_config(''transaction_read_only'', ''off'', true))') $$, '25001', null, '_read_only() cannot be switched to read-write');
select is(backup._read_only($$ select to_jsonb(set_config('hf.test', 'x', false)) $$) || to_jsonb(coalesce(current_setting('hf.test', true), '')), '["x", ""]',
  '_read_only() takes back settings that the query made');
create function odd.conflicts() returns integer language plpgsql as $$ begin raise serialization_failure; end $$;
select throws_ok($$ select backup._read_only('select to_jsonb(odd.conflicts())') $$, '40001', null, '_read_only() passes on an error of the class it rolls back with');
select function_privs_are('backup', '_read_only', array['text'], 'anon', array[]::text[], 'anon may not execute _read_only()');

select * from finish();
rollback;
