-- requires: tables/runs.sql
create table backup.key_proofs (
  key_proof_id    uuid primary key default gen_random_uuid(),
  recipient       text not null,
  run_id          text not null references backup.runs on delete cascade,
  manifest_sha256 text not null,
  objects         integer not null,
  bytes           bigint not null,
  proven_at       timestamptz not null default clock_timestamp(),
  constraint key_proofs_recipient_is_public check (recipient ~ '^age1[02-9ac-hj-np-z]{58}$'),
  constraint key_proofs_something_was_opened check (objects > 0)
);
create index key_proofs_newest on backup.key_proofs (recipient, proven_at desc);
create index key_proofs_by_run on backup.key_proofs (run_id);
alter table backup.key_proofs enable row level security;
create policy service_role_reads on backup.key_proofs for select to service_role using (true);
grant select on backup.key_proofs to service_role;

comment on table backup.key_proofs is 'When the private key of a recipient was last shown to open a backup. The key itself is never here.';
comment on column backup.key_proofs.recipient is 'age public key.';
comment on column backup.key_proofs.objects is 'Objects that were decrypted and compared with the manifest.';
comment on column backup.key_proofs.bytes is 'Bytes of those objects as stored.';
