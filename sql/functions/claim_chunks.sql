-- requires: tables/chunks.sql, tables/run_tables.sql, tables/settings.sql, functions/fail_run.sql
-- backup.claim_chunks(p_run_id, p_worker, p_max_chunks, p_max_bytes, p_fresh)
--
-- Why: workers take work without meeting each other (skip locked) and without holding a lock while they work (a lease).
-- Only the earliest unfinished phase is handed out. Small data chunks come several at a time, because their cost is the
-- round trip; any other chunk comes alone. Capturing and rendering the schema may take all the CPU time a function has, so
-- only a worker that has done nothing yet (p_fresh) gets them. A chunk whose lease ran out may be claimed again until its attempts are spent:
-- then the run fails with the last error.
-- Returns no row when there is nothing to do now: see backup.run_progress() for why.
create or replace function backup.claim_chunks(
  p_run_id text, p_worker text, p_max_chunks integer default 32, p_max_bytes bigint default 8388608,
  p_fresh boolean default true)
returns table (
  chunk_no integer, kind backup.chunk_kind, claim_id uuid, attempt integer, schema_name text, table_name text,
  first_tid tid, end_tid tid, estimated_bytes bigint, columns text[], fingerprint_expression text, filenode oid)
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_settings backup.settings;
  v_phase    smallint;
  v_claim_id uuid := gen_random_uuid();
  v_now      timestamptz := clock_timestamp();
  v_bytes    bigint := 0;
  v_taken    integer[] := '{}';
  v_chunk    record;
begin
  perform from backup.runs r where r.run_id = p_run_id and r.state = 'exporting' for no key update;
  if not found then
    return;
  end if;
  select * into v_settings from backup.settings;
  select min(c.phase) into v_phase from backup.chunks c where c.run_id = p_run_id and c.state in ('pending', 'claimed');

  for v_chunk in
    select c.chunk_no, c.kind, c.estimated_bytes, c.attempts, c.error_code, c.error_message, c.schema_name, c.table_name
    from backup.chunks c
    where c.run_id = p_run_id and c.phase = v_phase
      and (p_fresh or c.kind not in ('schema', 'schema_sql'))
      and ((c.state = 'pending' and c.not_before <= v_now) or (c.state = 'claimed' and c.lease_until < v_now))
    order by c.chunk_no
    limit p_max_chunks
    for update skip locked
  loop
    if v_chunk.attempts >= v_settings.max_attempts then
      perform backup.fail_run(p_run_id, coalesce(v_chunk.error_code, 'HF307'),
        coalesce(v_chunk.error_message, format('chunk %s was given up by %s workers', v_chunk.chunk_no, v_chunk.attempts)),
        format('Chunk %s (%s%s) after %s attempts.', v_chunk.chunk_no, v_chunk.kind,
               ' ' || v_chunk.schema_name || '.' || v_chunk.table_name, v_chunk.attempts));
      return;
    end if;
    exit when cardinality(v_taken) > 0 and (v_chunk.kind <> 'data' or v_bytes + v_chunk.estimated_bytes > p_max_bytes);
    v_taken := v_taken || v_chunk.chunk_no;
    v_bytes := v_bytes + v_chunk.estimated_bytes;
    exit when v_chunk.kind <> 'data';
  end loop;

  return query
    with claimed as (
      update backup.chunks c
         set state = 'claimed', claim_id = v_claim_id, claimed_by = p_worker, claimed_at = v_now,
             lease_until = v_now + make_interval(secs => v_settings.lease_seconds), attempts = c.attempts + 1
       where c.run_id = p_run_id and c.chunk_no = any (v_taken)
      returning c.*
    )
    select c.chunk_no, c.kind, c.claim_id, c.attempts, c.schema_name, c.table_name, c.first_tid, c.end_tid,
           c.estimated_bytes, t.columns, t.fingerprint_expression, t.filenode
    from claimed c
    left join backup.run_tables t using (run_id, schema_name, table_name)
    order by c.chunk_no;
end;
$$;

comment on function backup.claim_chunks(text, text, integer, bigint, boolean) is
  'Hands chunks to a worker under a lease; they share one claim id. No row: nothing to do now. Fails the run when a chunk''s attempts are spent.';
revoke all on function backup.claim_chunks(text, text, integer, bigint, boolean) from public;
