-- requires: functions/install_schedules.sql, functions/policy_warnings.sql
-- backup.set_policy(p_name, p_changes)
--
-- Why: an update says which constraint it breaks; this says what to write instead, and brings pg_cron up to date in the same
-- transaction. Schedules are installed anew where there are some already, or when an S3 policy is turned on: changing the
-- retention of a disabled backup starts nothing.
-- Errors: HF810 no such policy, HF811 a value is refused.
create or replace function backup.set_policy(p_name text, p_changes jsonb)
returns setof text
language plpgsql
set search_path = ''
as $$
declare
  v_policy  backup.policies;
  v_unknown text := (select min(k) from jsonb_object_keys(p_changes) k where k not in ('retention', 'schedule', 'storage_class', 'enabled'));
  v_problem text;
  v_hint    text;
begin
  select * into v_policy from backup.policies p where p.name = p_name for update;
  if not found then
    raise exception using errcode = 'HF810', message = format('policy %L does not exist', p_name),
      hint = format('Policies are %s.', (select string_agg(p.name, ', ' order by p.name) from backup.policies p));
  end if;
  if v_unknown is not null then
    raise exception using errcode = 'HF811', message = format('%L cannot be changed', v_unknown),
      hint = 'What can be changed is retention, schedule, storage_class and enabled.';
  end if;

  begin
    v_policy.retention := coalesce((p_changes ->> 'retention')::interval, v_policy.retention);
    v_policy.enabled := coalesce((p_changes ->> 'enabled')::boolean, v_policy.enabled);
  exception when invalid_text_representation or invalid_datetime_format or datetime_field_overflow or interval_field_overflow then
    raise exception using errcode = 'HF811', message = format('retention or enabled of policy %s is not readable: %s', p_name, sqlerrm),
      hint = 'Give a retention as ''30 days'' or ''1 year''.';
  end;
  v_policy.schedule := case when p_changes ? 'schedule' then p_changes ->> 'schedule' else v_policy.schedule end;
  v_policy.storage_class := case when p_changes ? 'storage_class' then upper(p_changes ->> 'storage_class') else v_policy.storage_class end;

  select p.problem, p.hint into v_problem, v_hint
  from (values
    (case when v_policy.retention <= interval '0' then format('a retention of %s keeps nothing', v_policy.retention) end,
     'Give a retention greater than zero, as ''30 days''.'),
    (case when v_policy.schedule is not null and v_policy.provider = 'supabase' then 'Supabase decides when it makes its backups' end,
     'Leave the schedule out: it belongs to the policies of S3 and Storage.'),
    (backup.cron_problem(v_policy.schedule),
     'Give five fields in UTC, as ''0 1 * * *'' for daily at 01:00, or ''30 seconds''. See https://crontab.guru.'),
    (case when v_policy.storage_class is not null and v_policy.provider <> 'aws_s3' then format('backups of %s have no storage class', v_policy.provider) end,
     'Leave the storage class out: it belongs to the policies of S3.'),
    (case when v_policy.storage_class not in ('STANDARD', 'STANDARD_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE')
          then format('%L is no storage class', v_policy.storage_class) end,
     'Storage classes are STANDARD, STANDARD_IA, GLACIER_IR, GLACIER and DEEP_ARCHIVE.')
  ) as p(problem, hint)
  where p.problem is not null limit 1;
  if v_problem is not null then
    raise exception using errcode = 'HF811', message = v_problem, detail = format('Policy %s was not changed.', p_name), hint = v_hint;
  end if;

  update backup.policies p
  set retention = v_policy.retention, schedule = v_policy.schedule, storage_class = v_policy.storage_class, enabled = v_policy.enabled
  where p.name = p_name;
  if exists (select from backup.installed_schedules())
     or (v_policy.provider = 'aws_s3' and (p_changes ->> 'enabled')::boolean and to_regprocedure('cron.schedule(text,text,text)') is not null) then
    perform backup.install_schedules();
  end if;
  return query select w.message from backup.policy_warnings() w where w.policy_name = p_name;
end
$$;

comment on function backup.set_policy(text, jsonb) is
  'Changes a policy, as in set_policy(''primary'', ''{"retention": "7 days"}''), reinstalls the schedules and returns warnings. Keys: retention, schedule (null: none), storage_class, enabled. Errors: HF810, HF811.';
revoke all on function backup.set_policy(text, jsonb) from public;
