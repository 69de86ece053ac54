-- Tests sql/tables/prices.sql
begin;
select plan(11);

select columns_are('backup', 'prices', array['item', 'usd_per_gb', 'usd_per_gb_retrieved', 'minimum_days', 'thaw', 'as_of', 'description'], 'prices has its columns');
select col_is_pk('backup', 'prices', array['item'], 'prices has a key');
select isnt(obj_description('backup.prices'::regclass), null, 'prices has a comment');
select results_eq('select item, minimum_days from backup.prices where minimum_days > 0 order by 1',
  $$ values ('DEEP_ARCHIVE', 180), ('GLACIER', 90), ('GLACIER_IR', 90), ('STANDARD_IA', 30) $$, 'prices knows the minimum days of the storage classes');
select throws_ok($$ update backup.prices set item = 'TAPE' where item = 'STANDARD' $$, '23514', null, 'prices rejects another item');
select throws_ok($$ update backup.prices set usd_per_gb = -1 $$, '23514', null, 'prices rejects a negative price');
select lives_ok($$ update backup.prices set usd_per_gb = 0, as_of = current_date $$, 'prices can be edited');
select is((select relrowsecurity from pg_class where oid = 'backup.prices'::regclass), true, 'prices has row level security');
select policies_are('backup', 'prices', array['service_role_reads'], 'prices has one policy');
select table_privs_are('backup', 'prices', 'anon', array[]::text[], 'anon may not touch prices');
select table_privs_are('backup', 'prices', 'service_role', array['SELECT'], 'service_role may read prices and nothing else');

select * from finish();
rollback;
