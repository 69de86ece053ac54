-- Tests sql/functions/_primary_backups_alert.sql
begin;
select plan(9);

-- arrange: an empty ledger, whatever the database has been through
delete from backup.alerts; delete from backup.tickets; delete from backup.verifications; delete from backup.drills; delete from backup.runs;

create function pg_temp.alert(p_verdicts text[]) returns text language plpgsql as $$
declare v_id uuid := backup.start_verification('sql');
begin
  insert into backup.verification_results (verification_id, check_name, subject, verdict, actual)
  select v_id, 'check_primary_backups', 'p' || n, v::backup.verdict, 'is ' || v from unnest(p_verdicts) with ordinality as u (v, n);
  perform backup._primary_backups_alert(v_id);
  return (select a.severity || ' ' || a.occurrences || ' ' || a.message from backup.alerts a where a.cause = 'primary_backups' and a.resolved_at is null);
end $$;

select is(pg_temp.alert('{passed,passed}'), null, '_primary_backups_alert() raises nothing for passed');
select is(pg_temp.alert('{inconclusive,inconclusive}'), null, '_primary_backups_alert() raises nothing for a doubt');
select is(pg_temp.alert('{passed,failed}'), 'critical 1 backups by Supabase: p2: is failed', '_primary_backups_alert() raises a critical alert for failed');
select is(pg_temp.alert('{failed,inconclusive}'), 'critical 2 backups by Supabase: p1: is failed', '_primary_backups_alert() counts the next one');
select is(pg_temp.alert('{passed,inconclusive}'), 'critical 2 backups by Supabase: p1: is failed', '_primary_backups_alert() keeps it open while something is not known');
select is(pg_temp.alert('{}'), 'critical 2 backups by Supabase: p1: is failed', '_primary_backups_alert() keeps it open when nobody answered');
select is(pg_temp.alert('{passed,skipped}'), null, '_primary_backups_alert() resolves it when the cause is gone');

-- permissions
select function_privs_are('backup', '_primary_backups_alert', array['uuid']::text[], 'anon', '{}'::text[], '_primary_backups_alert() is closed to anon');
select function_privs_are('backup', '_primary_backups_alert', array['uuid']::text[], 'authenticated', '{}'::text[], '_primary_backups_alert() is closed to authenticated');

select * from finish();
rollback;
