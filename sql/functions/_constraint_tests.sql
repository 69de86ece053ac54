-- backup._constraint_tests(table oid)
--
-- Why: writes each rule of one table as a boolean expression that is true in a violating row, so that one scan can
-- answer all of them. They belong into FILTER, not WHERE: with constraint_exclusion on, the planner trusts a CHECK and would
-- answer "no row" without reading one. num_nulls() is used because the planner removes "is null" on a column that is declared not null.
-- A domain's rules are tested by casting the value to the base type and back, which evaluates them all and raises 23514.
create or replace function backup._constraint_tests(p_relid oid)
returns table (rule text, violated text, definition text, validated boolean, enforced boolean, is_domain boolean)
language sql
stable
set search_path = ''
as $$
  select c.conname::text, format(E'(%s\n) is false', pg_catalog.pg_get_expr(c.conbin, c.conrelid)),
         pg_catalog.pg_get_constraintdef(c.oid), c.convalidated,
         coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true), false
  from pg_catalog.pg_constraint c
  where c.conrelid = p_relid and c.contype = 'c'
  union all
  select format('%I not null', a.attname), format('num_nulls(%I) > 0', a.attname), 'NOT NULL',
         coalesce((select c.convalidated from pg_catalog.pg_constraint c
                   where c.conrelid = p_relid and c.contype = 'n' and c.conkey = array[a.attnum]), true), true, false
  from pg_catalog.pg_attribute a
  where a.attrelid = p_relid and a.attnum > 0 and not a.attisdropped and a.attnotnull
  union all
  select format('%I as domain %s', a.attname, pg_catalog.format_type(a.atttypid, null)),
         format('num_nulls((%I::%s)::%s) < 0', a.attname, pg_catalog.format_type(y.typbasetype, y.typtypmod),
                pg_catalog.format_type(a.atttypid, null)),
         'DOMAIN', true, true, true
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_type y on y.oid = a.atttypid and y.typtype = 'd'
  where a.attrelid = p_relid and a.attnum > 0 and not a.attisdropped
$$;

comment on function backup._constraint_tests(oid) is
  'Private: the CHECK, NOT NULL and domain rules of a table as SQL expressions that find violating rows.';
revoke all on function backup._constraint_tests(oid) from public;
