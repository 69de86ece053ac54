-- backup.verification_check_names()
--
-- Why: the one list of what a verification consists of, in the order it runs. Cheap checks come first, so that a
-- function that is cut short has answered most of them. Nothing outside this list can be run by name.
create or replace function backup.verification_check_names()
returns setof text
language sql
immutable
set search_path = ''
as $$
  select c.check_name
  from unnest(array[
    'check_drill_age',
    'check_primary_backups',
    'check_sequences',
    'check_row_security',
    'check_critical_data',
    'run_sample_queries',
    'check_key_escrow',
    'check_backup_objects',
    'check_row_counts',
    'check_indexes',
    'check_constraints',
    'check_foreign_keys',
    'run_tests'
  ]) with ordinality as c (check_name, position)
  order by c.position
$$;

comment on function backup.verification_check_names() is
  'Checks of a verification in the order they run. check_backup_objects reads the bucket and runs in the verify-backup function; the others are SQL functions of the same name.';
revoke all on function backup.verification_check_names() from public;
