-- Tests sql/functions/_foreign_key_queries.sql
begin;
select plan(6);

create schema odd;
create table odd.p (a integer, b text, primary key (a, b));
create table odd.c (id integer primary key, x bigint, "Y" text, constraint k foreign key (x, "Y") references odd.p match full);
create table odd.secret (mail text primary key, x integer, y text, constraint k2 foreign key (x, y) references odd.p);
create table odd.posix (code text collate "POSIX" primary key);
create table odd.c_text (code text collate "C" constraint k3 references odd.posix);
create function pg_temp.q(p_name name) returns table (orphans text, partial text) language sql as $$
  select q.* from pg_constraint c cross join lateral backup._foreign_key_queries(c.oid, 5) q where c.conname = p_name and c.contype = 'f'
$$;

select matches((select orphans from pg_temp.q('k')), 'from only odd\.c f where f\.x is not null and f\."Y" is not null and not exists \(select from only odd\.p r where r\.a operator\(pg_catalog\.=\) f\.x and r\.b operator\(pg_catalog\.=\) f\."Y"\)',
  '_foreign_key_queries() writes an anti-join over the operators of the key');
select matches((select partial from pg_temp.q('k')), 'num_nulls\(f\.x, f\."Y"\) between 1 and 1', '_foreign_key_queries() searches partly null MATCH FULL keys');
select is((select partial from pg_temp.q('k2')), null, '_foreign_key_queries() lets partly null MATCH SIMPLE keys be');
select unalike((select orphans from pg_temp.q('k2')), '%mail%', '_foreign_key_queries() does not read a primary key of text');
select matches((select orphans from pg_temp.q('k3')), 'f\.code collate pg_catalog\."POSIX"\)', '_foreign_key_queries() compares in the collation of the referenced column');
select function_privs_are('backup', '_foreign_key_queries', array['oid', 'integer'], 'anon', array[]::text[], 'anon may not execute _foreign_key_queries()');

select * from finish();
rollback;
