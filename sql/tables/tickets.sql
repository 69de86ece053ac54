create table backup.tickets (
  ticket_id     uuid primary key default gen_random_uuid(),
  function_name text not null,
  body          jsonb not null default '{}',
  run_id        text,
  issued_at     timestamptz not null default clock_timestamp(),
  expires_at    timestamptz not null,
  posted        boolean not null default false,
  claimed_at    timestamptz,
  constraint tickets_expire_after_issue check (expires_at > issued_at)
);
create index tickets_open on backup.tickets (function_name, issued_at) where claimed_at is null;
alter table backup.tickets enable row level security;
create policy service_role_reads on backup.tickets for select to service_role using (true);

comment on table backup.tickets is
  'One-time rights to start a function. A function claims its ticket in its own database, so a ticket from a cloned project is worthless.';
comment on column backup.tickets.body is 'What the function is to do. The function believes the ticket, not the request that carries it.';
comment on column backup.tickets.posted is 'True when pg_net was asked to deliver it; false where a clock outside the database delivers.';
