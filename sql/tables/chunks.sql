-- requires: tables/run_tables.sql, types/chunk_kind.sql, types/chunk_state.sql
create table backup.chunks (
  run_id          text not null references backup.runs on delete cascade,
  chunk_no        integer not null,
  kind            backup.chunk_kind not null,
  phase           smallint not null generated always as (
                    case kind when 'plan'::backup.chunk_kind then 0
                              when 'schema_sql'::backup.chunk_kind then 2
                              when 'sequences'::backup.chunk_kind then 2
                              when 'manifest'::backup.chunk_kind then 3
                              else 1 end) stored,
  schema_name     text,
  table_name      text,
  first_tid       tid,
  end_tid         tid,
  estimated_bytes bigint not null default 0,
  state           backup.chunk_state not null default 'pending',
  attempts        integer not null default 0,
  not_before      timestamptz not null default '-infinity',
  claim_id        uuid,
  claimed_by      text,
  claimed_at      timestamptz,
  lease_until     timestamptz,
  object_key      text,
  sha256          text,
  raw_bytes       bigint,
  stored_bytes    bigint,
  rows            bigint,
  row_hash_sum    numeric,
  objects         jsonb,
  positions       jsonb,
  error_code      text,
  error_message   text,
  done_at         timestamptz,
  primary key (run_id, chunk_no),
  foreign key (run_id, schema_name, table_name) references backup.run_tables on delete cascade,
  constraint chunks_data_iff_table check ((kind = 'data') = (table_name is not null and first_tid is not null)),
  constraint chunks_claimed_iff_lease check ((state = 'claimed') = (claim_id is not null and lease_until is not null)),
  constraint chunks_done_iff_time check ((state = 'done') = (done_at is not null)),
  constraint chunks_done_data_is_stored check (state <> 'done' or kind <> 'data'
    or (object_key is not null and sha256 is not null and rows is not null and row_hash_sum is not null))
);
create index chunks_open on backup.chunks (run_id, phase, chunk_no) where state in ('pending', 'claimed');
create index chunks_by_table on backup.chunks (run_id, schema_name, table_name);
create index chunks_by_claim on backup.chunks (claim_id) where claim_id is not null;
alter table backup.chunks enable row level security;
create policy service_role_reads on backup.chunks for select to service_role using (true);
grant select on backup.chunks to service_role;

comment on table backup.chunks is 'Units of work of a run. A data chunk is a ctid range of one table and becomes one object in the bucket.';
comment on column backup.chunks.phase is 'A phase starts when every chunk of the phase before is done. Sequences come after the data, the manifest last.';
comment on column backup.chunks.first_tid is 'First row address of the range.';
comment on column backup.chunks.end_tid is 'End of the range, exclusive. Null: to the end of the table, also when it grew.';
comment on column backup.chunks.claim_id is 'Fencing token: only the worker that holds the newest claim may report a result.';
comment on column backup.chunks.row_hash_sum is 'Sum of the row hashes of the range; the sums of all chunks of a table give its fingerprint.';
comment on column backup.chunks.positions is 'Of the chunk of the sequences: where each was when the run was planned, as backup.sequence_values() returns it.';
comment on column backup.chunks.objects is 'Objects written by a chunk that is not data: array of {key, sha256, bytes, content}.';
