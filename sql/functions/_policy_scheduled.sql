-- backup._policy_scheduled()
--
-- Why: a backup is missed only if it was due after somebody asked for it. A policy may be turned on in Studio as well as by
-- backup.enable(), so the table itself notes since when its schedule holds.
create or replace function backup._policy_scheduled()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if not new.enabled then
    new.scheduled_since := null;
  elsif tg_op = 'INSERT' then
    new.scheduled_since := coalesce(new.scheduled_since, clock_timestamp());
  elsif not old.enabled or new.schedule is distinct from old.schedule then
    new.scheduled_since := clock_timestamp();
  end if;
  return new;
end
$$;

comment on function backup._policy_scheduled() is 'Trigger of backup.policies: keeps scheduled_since.';
revoke all on function backup._policy_scheduled() from public;
