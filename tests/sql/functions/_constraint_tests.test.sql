-- Tests sql/functions/_constraint_tests.sql
begin;
select plan(4);

create schema odd;
create domain odd.d as integer check (value > 0);
create table odd.t (id integer not null, v integer constraint positive check (v > 0), x odd.d);

select results_eq($$ select rule, validated, enforced, is_domain from backup._constraint_tests('odd.t'::regclass) order by rule $$,
  $$ values ('id not null', true, true, false), ('positive', true, true, false), ('x as domain odd.d', true, true, true) $$,
  '_constraint_tests() finds CHECK, NOT NULL and domain rules');
select is((select violated from backup._constraint_tests('odd.t'::regclass) where rule = 'id not null'), 'num_nulls(id) > 0', '_constraint_tests() tests null in a way the planner keeps');
select is((select violated from backup._constraint_tests('odd.t'::regclass) where is_domain), 'num_nulls((x::integer)::odd.d) < 0', '_constraint_tests() tests a domain by casting');
select function_privs_are('backup', '_constraint_tests', array['oid'], 'anon', array[]::text[], 'anon may not execute _constraint_tests()');

select * from finish();
rollback;
