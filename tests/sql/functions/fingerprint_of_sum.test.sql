-- Tests sql/functions/fingerprint_of_sum.sql
begin;
select plan(8);

select function_returns('backup', 'fingerprint_of_sum', array['numeric'], 'text', 'fingerprint_of_sum() returns text');
select isnt(obj_description('backup.fingerprint_of_sum(numeric)'::regprocedure), null, 'fingerprint_of_sum() has a comment');
select is(backup.fingerprint_of_sum(0), '0000000000000000', 'fingerprint_of_sum() pads with zeros');
select is(backup.fingerprint_of_sum(255), '00000000000000ff', 'fingerprint_of_sum() writes hex digits');
select is(backup.fingerprint_of_sum(-1), 'ffffffffffffffff', 'fingerprint_of_sum() wraps negative sums');
select is(backup.fingerprint_of_sum(18446744073709551616 * 3 + 7), '0000000000000007', 'fingerprint_of_sum() wraps sums beyond 64 bits');
select is(backup.fingerprint_of_sum(18446744073709551615), 'ffffffffffffffff', 'fingerprint_of_sum() holds the greatest 64-bit number');
select function_privs_are('backup', 'fingerprint_of_sum', array['numeric'], 'service_role', array[]::text[],
  'service_role may not execute fingerprint_of_sum()');

select * from finish();
rollback;
