-- requires: pgtap/backup_tests.sql, functions/_pgtap_schema.sql
-- backup.install_tests()
--
-- Why: pgTAP calls its own functions without a schema, so a test must be created with the search_path of the place
-- where pgTAP is in this database. Without pgTAP nothing is created and nothing is returned.
-- Each test turns the findings of one check into TAP: passed → ok, failed → not ok, skipped → # SKIP, and inconclusive →
-- not ok with that word in front, because TAP has no verdict for "could not look".
-- Idempotent: replaces the tests of this list and leaves every other function of the schema alone.
create or replace function backup.install_tests()
returns setof text
language plpgsql
set search_path = ''
as $$
declare
  v_pgtap name := backup._pgtap_schema();
  v_test  record;
begin
  if v_pgtap is null then
    return;
  end if;

  for v_test in
    select * from (values
      ('test_row_counts',     'check_row_counts'),
      ('test_foreign_keys',   'check_foreign_keys'),
      ('test_critical_data',  'check_critical_data'),
      ('test_sample_queries', 'run_sample_queries'),
      ('test_sequences',      'check_sequences'),
      ('test_constraints',    'check_constraints'),
      ('test_indexes',        'check_indexes'),
      ('test_row_security',   'check_row_security')) as t (test_name, check_name)
  loop
    execute format($create$
      create or replace function backup_tests.%1$I()
      returns setof text
      language plpgsql
      set search_path = %2$I
      as $test$
      declare
        v_finding backup.finding;
      begin
        for v_finding in select * from backup.%3$I() loop
          return next case v_finding.verdict
            when 'passed' then %2$I.ok(true, v_finding.subject)
            when 'skipped' then %2$I.skip(concat(v_finding.subject, ': ', v_finding.actual), 1)
            when 'inconclusive' then %2$I.ok(false, concat('inconclusive: ', v_finding.subject, ': ', v_finding.actual))
            else %2$I.ok(false, concat(v_finding.subject, ': ', v_finding.actual)) end;
        end loop;
        if not found then
          return next %2$I.skip('there is nothing to check', 1);
        end if;
      end
      $test$
      $create$, v_test.test_name, v_pgtap, v_test.check_name);
    execute format('comment on function backup_tests.%I() is %L', v_test.test_name,
      format('Holds when every finding of backup.%s() passes.', v_test.check_name));
    execute format('revoke all on function backup_tests.%I() from public', v_test.test_name);
    return next format('backup_tests.%I', v_test.test_name);
  end loop;
end
$$;

comment on function backup.install_tests() is
  'Creates or replaces the pgTAP tests of schema backup_tests and returns their names; returns nothing where pgTAP is not installed.';
revoke all on function backup.install_tests() from public;
