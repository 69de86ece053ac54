-- Stand-in for pg_cron on a server that does not have it: the same functions, tables and rights, driven by
-- stack/cron/. Functions are security definer because `postgres` may read cron.job but not write it.
create schema cron;

create sequence cron.jobid_seq;
create sequence cron.runid_seq;

create table cron.job (
  jobid bigint primary key default nextval('cron.jobid_seq'),
  schedule text not null,
  command text not null,
  nodename text not null default 'localhost',
  nodeport integer not null default current_setting('port')::integer,
  database text not null default current_database(),
  username text not null default current_user,
  active boolean not null default true,
  jobname text,
  constraint jobname_username_uniq unique (jobname, username)
);

create table cron.job_run_details (
  jobid bigint,
  runid bigint primary key default nextval('cron.runid_seq'),
  job_pid integer,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);

alter table cron.job enable row level security;
create policy cron_job_policy on cron.job using (username = current_user);
alter table cron.job_run_details enable row level security;
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);

-- Only the shape is checked here; stack/cron/ parses the expression and reports what it cannot run.
create function cron._check_schedule(p_schedule text) returns void
  language plpgsql immutable set search_path = ''
  as $$
begin
  if p_schedule ~* '^\s*([1-9]|[1-5][0-9])\s+seconds?\s*$'
    or p_schedule ~* '^\s*@(yearly|annually|monthly|weekly|daily|midnight|hourly)\s*$'
    or (
      p_schedule ~* '^\s*([-0-9*/,$a-z]+\s+){4}[-0-9*/,a-z]+\s*$'
      and not p_schedule ~ '(^|\s|,|-)[0-9]{3,}'
    )
  then
    return;
  end if;
  raise exception using
    errcode = '22023',
    message = pg_catalog.format('invalid schedule: %s', p_schedule),
    hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
end
$$;

create function cron._put_job(
  p_username text, p_job_name text, p_schedule text, p_command text, p_database text, p_active boolean
) returns bigint
  language plpgsql security definer set search_path = ''
  as $$
declare
  v_jobid bigint;
begin
  perform cron._check_schedule(p_schedule);
  insert into cron.job as j (schedule, command, database, username, active, jobname)
  values (
    p_schedule, p_command, coalesce(p_database, pg_catalog.current_database()), p_username, p_active, p_job_name
  )
  on conflict on constraint jobname_username_uniq do update
    set schedule = excluded.schedule, command = excluded.command, database = excluded.database, active = excluded.active
  returning j.jobid into v_jobid;
  perform pg_catalog.pg_notify('holdfast_cron', v_jobid::text);
  return v_jobid;
end
$$;

create function cron.schedule(job_name text, schedule text, command text) returns bigint
  language sql set search_path = ''
  as $$ select cron._put_job(current_user, job_name, schedule, command, null, true) $$;

create function cron.schedule(schedule text, command text) returns bigint
  language sql set search_path = ''
  as $$ select cron._put_job(current_user, null, schedule, command, null, true) $$;

create function cron.schedule_in_database(
  job_name text, schedule text, command text, database text, username text default null, active boolean default true
) returns bigint
  language plpgsql set search_path = ''
  as $$
begin
  if username is not null and username <> current_user
    and not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
    raise exception using errcode = '42501', message = 'must be superuser to create a job for another role';
  end if;
  return cron._put_job(coalesce(username, current_user), job_name, schedule, command, database, active);
end
$$;

create function cron._drop_job(p_username text, p_job_id bigint, p_job_name text) returns boolean
  language plpgsql security definer set search_path = ''
  as $$
begin
  delete from cron.job as j
  where j.username = p_username and (j.jobid = p_job_id or j.jobname = p_job_name);
  if not found then
    raise exception '%', case
      when p_job_name is null then pg_catalog.format('could not find valid entry for job %s', p_job_id)
      else pg_catalog.format('could not find valid entry for job ''%s''', p_job_name)
    end;
  end if;
  perform pg_catalog.pg_notify('holdfast_cron', '');
  return true;
end
$$;

create function cron.unschedule(job_name text) returns boolean
  language sql set search_path = ''
  as $$ select cron._drop_job(current_user, null, job_name) $$;

create function cron.unschedule(job_id bigint) returns boolean
  language sql set search_path = ''
  as $$ select cron._drop_job(current_user, job_id, null) $$;

create function cron._alter_job(
  p_username text, p_job_id bigint, p_schedule text, p_command text, p_database text, p_active boolean
) returns void
  language plpgsql security definer set search_path = ''
  as $$
begin
  if p_schedule is not null then
    perform cron._check_schedule(p_schedule);
  end if;
  update cron.job as j
  set schedule = coalesce(p_schedule, j.schedule), command = coalesce(p_command, j.command),
    database = coalesce(p_database, j.database), active = coalesce(p_active, j.active)
  where j.jobid = p_job_id and j.username = p_username;
  if not found then
    raise exception 'Job % does not exist or you don''t own it', p_job_id;
  end if;
  perform pg_catalog.pg_notify('holdfast_cron', p_job_id::text);
end
$$;

create function cron.alter_job(
  job_id bigint, schedule text default null, command text default null, database text default null,
  username text default null, active boolean default null
) returns void
  language sql set search_path = ''
  as $$ select cron._alter_job(current_user, job_id, schedule, command, database, active) $$;
