-- backup.fingerprint_of_sum(p_sum)
--
-- Why: sums of 64-bit hashes from chunks are added in any order and grouping; modulo 2^64 makes one value of them.
create or replace function backup.fingerprint_of_sum(p_sum numeric)
returns text
language sql
immutable
set search_path = ''
as $$
  with wrapped as (
    select pg_catalog.mod(pg_catalog.mod(p_sum, 18446744073709551616) + 18446744073709551616, 18446744073709551616) as value
  )
  select pg_catalog.lpad(pg_catalog.to_hex(pg_catalog.div(value, 4294967296)::bigint), 8, '0')
      || pg_catalog.lpad(pg_catalog.to_hex(pg_catalog.mod(value, 4294967296)::bigint), 8, '0')
  from wrapped
$$;

comment on function backup.fingerprint_of_sum(numeric) is
  'A sum of row hashes modulo 2^64, as 16 hex digits: the form in which fingerprints are stored and compared.';
revoke all on function backup.fingerprint_of_sum(numeric) from public;
