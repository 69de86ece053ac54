create table backup.objectives (
  name        text primary key,
  target      interval not null,
  description text not null,
  constraint objectives_name_known check (name in ('rto', 'rpo')),
  constraint objectives_target_positive check (target > interval '0')
);
alter table backup.objectives enable row level security;
create policy service_role_reads on backup.objectives for select to service_role using (true);
grant select on backup.objectives to service_role;

comment on table backup.objectives is 'Recovery objectives. backup.recovery_objectives shows what was measured beside them.';
comment on column backup.objectives.name is 'rto: recovery time objective. rpo: recovery point objective.';

insert into backup.objectives (name, target, description) values
  ('rto', '4 hours', 'Longest acceptable time from the decision to restore to a proven, working database.'),
  ('rpo', '1 hour',  'Greatest acceptable age of the newest verified restore point.');
