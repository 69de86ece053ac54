-- Tests sql/functions/check_constraints.sql
begin;
select plan(20);

-- arrange: rules that are broken afterwards, by redefining what they depend on
create schema odd;
create function odd.is_fine(p_value integer) returns boolean language sql immutable as 'select p_value > 0';
create function odd.breaks(p_value integer) returns boolean language sql immutable as 'select true';
create function odd.writes(p_value integer) returns boolean language sql as 'select true';
create domain odd.amount as integer;
create table odd."Rules" (
  id integer not null, gone text, "Value" integer constraint "Value rule" check (odd.is_fine("Value")),
  other integer constraint other_rule check (other < 100));
alter table odd."Rules" drop column gone;
create table odd.priced (price odd.amount);
create table odd.dying (v integer constraint dies check (odd.breaks(v)), w integer constraint holds check (w > 0));
create table odd.writing (v integer constraint writes check (odd.writes(v)));
create table odd.late (v integer, p integer);
create table odd.parted (v integer constraint parted_rule check (odd.is_fine(v))) partition by range (v);
create table odd.parted_1 partition of odd.parted for values from (-10) to (100);
create table odd.wide (id integer);
do $$ begin
  execute (select format('alter table odd.wide %s', string_agg(format('add column c%s integer constraint c%s_rule check (odd.is_fine(c%s))', n, n, n), ', '))
           from generate_series(1, 60) n);
end $$;
insert into odd."Rules" values (1, 5, 5), (2, null, null), (3, 7, 7);
insert into odd.priced values (-5), (5);
insert into odd.dying values (1, 1);
insert into odd.writing values (1);
insert into odd.late values (-1, 1);
insert into odd.parted values (5);
insert into odd.wide (id, c60) values (1, 5);
create function pg_temp.actual(p_table text) returns text language sql as $$
  select string_agg(f.subject || ' ' || f.verdict || ': ' || f.actual, '; ' order by f.subject) from backup.check_constraints('odd', p_table) f
$$;

-- contract
select function_returns('backup', 'check_constraints', array['text', 'text'], 'setof backup.finding', 'check_constraints() returns findings');
select isnt(obj_description('backup.check_constraints(text,text)'::regprocedure), null, 'check_constraints() has a comment');

-- behaviour: sound, then broken
select is(pg_temp.actual('Rules'), 'odd."Rules" passed: 3 rules hold', 'check_constraints() passes a table once for all its rules');
select is(pg_temp.actual('wide'), 'odd.wide passed: 60 rules hold', 'check_constraints() examines more rules than one query can hold');
select is(pg_temp.actual('parted'), null, 'check_constraints() leaves the parent of partitions, which has no rows');
create or replace function odd.is_fine(p_value integer) returns boolean language sql immutable as 'select p_value > 6';
select is(pg_temp.actual('Rules'), 'odd."Rules" passed: 2 rules hold; odd."Rules".Value rule failed: 1 rows violate it', 'check_constraints() counts rows that violate a CHECK');
select is(pg_temp.actual('wide'), 'odd.wide passed: 59 rules hold; odd.wide.c60_rule failed: 1 rows violate it', 'check_constraints() finds the violated one of many rules');
select is(pg_temp.actual('parted_1'), 'odd.parted_1.parted_rule failed: 1 rows violate it', 'check_constraints() examines partitions');
set local constraint_exclusion = on;
select is((select count(*)::integer from backup.check_constraints('odd', 'Rules') f where f.verdict = 'failed'), 1, 'check_constraints() does not let the planner trust the CHECK');
create or replace function odd.breaks(p_value integer) returns boolean language plpgsql immutable as $$ begin raise exception 'secret %', p_value; end $$;
select is(pg_temp.actual('dying'), 'odd.dying passed: 1 rules hold; odd.dying.dies inconclusive: error P0001', 'check_constraints() is inconclusive about a rule that raises, and examines the others');
create or replace function odd.breaks(p_value integer) returns boolean language plpgsql immutable as $$ begin raise check_violation; end $$;
select is(pg_temp.actual('dying'), 'odd.dying passed: 1 rules hold; odd.dying.dies inconclusive: error 23514', 'check_constraints() does not take an error inside a rule for its violation');
create or replace function odd.writes(p_value integer) returns boolean language plpgsql as $$ begin delete from odd.late; return true; end $$;
select ok(pg_temp.actual('writing') like '%inconclusive: error 25006%' and exists (select from odd.late), 'check_constraints() does not let a rule write');

-- behaviour: domains
select is(pg_temp.actual('priced'), 'odd.priced passed: 1 rules hold', 'check_constraints() passes a domain without rules');
alter domain odd.amount add constraint positive check (value > 0) not valid;
select is(pg_temp.actual('priced'), 'odd.priced.price as domain odd.amount failed: at least one row violates it', 'check_constraints() finds a value its domain forbids');

-- behaviour: NOT VALID
alter table odd.late add constraint positive check (v > 0) not valid;
select is(pg_temp.actual('late'), 'odd.late.positive failed: 1 rows violate it, NOT VALID', 'check_constraints() counts violations of a NOT VALID constraint');
update odd.late set v = 1;
select is(pg_temp.actual('late'), 'odd.late.positive failed: no row violates it, NOT VALID', 'check_constraints() reports a NOT VALID constraint that nothing violates');
alter table odd.late validate constraint positive;
select is(pg_temp.actual('late'), 'odd.late passed: 1 rules hold', 'check_constraints() passes it once validated');
create table odd.target (id integer primary key);
alter table odd.late add constraint late_fk foreign key (p) references odd.target not valid;
select is((select f.actual from backup.check_constraints('odd', 'late') f where f.subject = 'odd.late.late_fk'), 'NOT VALID', 'check_constraints() reports a NOT VALID foreign key');
select is((select f.evidence ->> 'validate_with' from backup.check_constraints('odd', 'late') f where f.subject = 'odd.late.late_fk'),
  'alter table odd.late validate constraint late_fk;', 'check_constraints() says how to validate');

-- permissions
select function_privs_are('backup', 'check_constraints', array['text', 'text'], 'anon', array[]::text[], 'anon may not execute check_constraints()');

select * from finish();
rollback;
