-- pgTAP tests that live in the database. Holdfast puts its own here with backup.install_tests(); every other function
-- whose name starts with "test" is the user's invariant, is run beside them and never touched.
create schema if not exists backup_tests;
comment on schema backup_tests is
  'pgTAP tests of this database. Add invariants as functions named test_… that return setof text; run all: select * from backup.run_tests();';
revoke all on schema backup_tests from public;
