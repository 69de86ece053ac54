-- requires: tables/primary_backups.sql
-- backup.record_primary_backups(p_project_ref, p_answer, p_outcome, p_reason)
--
-- Why: what the Management API said is kept, so that the verdict can be read again and a backup that vanished is noticed.
-- How long is decided by backup.prune_ledger().
create or replace function backup.record_primary_backups(
  p_project_ref text,
  p_answer      jsonb,
  p_outcome     text default 'answered',
  p_reason      text default null
)
returns bigint
language plpgsql
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_look_id bigint;
  v_window  jsonb := p_answer -> 'physical_backup_data';
begin
  insert into backup.primary_backups
    (project_ref, outcome, reason, region, walg_enabled, pitr_enabled, pitr_earliest, pitr_latest, completed, newest_at, oldest_at, backups)
  select p_project_ref, p_outcome, p_reason, p_answer ->> 'region', (p_answer ->> 'walg_enabled')::boolean, (p_answer ->> 'pitr_enabled')::boolean,
         -- The API writes 0 where there is no window.
         to_timestamp(nullif((v_window ->> 'earliest_physical_backup_date_unix')::numeric, 0)::double precision),
         to_timestamp(nullif((v_window ->> 'latest_physical_backup_date_unix')::numeric, 0)::double precision),
         count(*) filter (where b.value ->> 'status' = 'COMPLETED'),
         max((b.value ->> 'inserted_at')::timestamptz) filter (where b.value ->> 'status' = 'COMPLETED'),
         min((b.value ->> 'inserted_at')::timestamptz) filter (where b.value ->> 'status' = 'COMPLETED'),
         case when p_outcome = 'answered' then coalesce(jsonb_agg(jsonb_build_object('inserted_at', b.value -> 'inserted_at', 'status', b.value -> 'status',
           'is_physical_backup', b.value -> 'is_physical_backup') order by b.value ->> 'inserted_at' desc) filter (where b.value is not null), '[]') end
  from (select) as one left join jsonb_array_elements(p_answer -> 'backups') as b (value) on true
  returning look_id into v_look_id;
  return v_look_id;
end
$$;

comment on function backup.record_primary_backups(text, jsonb, text, text) is
  'Stores one look at the backups that Supabase makes: the answer of the Management API, or why there is none (no_token, unanswered). Returns its id.';
revoke all on function backup.record_primary_backups(text, jsonb, text, text) from public;
