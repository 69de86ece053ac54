import { callLedger } from "../database/call_ledger.ts";
import type { ClaimedChunk } from "./ledger.ts";
import { attemptName } from "./object_keys.ts";
import { storeJson } from "./store_object.ts";
import type { WorkerContext } from "./worker_context.ts";

/**
 * Of both readings the further one, in the direction the sequence counts. Compared are the next values, as numeric, since a
 * position may be at the end of bigint.
 */
const FURTHEST_SQL = `
  with planned as materialized (
    select p.schema_name, p.sequence_name, p.last_value, p.is_called
    from backup.chunks k, pg_catalog.jsonb_to_recordset(k.positions) as p(schema_name text, sequence_name text, last_value bigint, is_called boolean)
    where k.run_id = $1 and k.chunk_no = $2
  )
  select s.schema_name as schema, s.sequence_name as name, (case when f.further then p.last_value else s.last_value end)::text as last_value,
         case when f.further then p.is_called else s.is_called end as is_called
  from backup.sequence_values() s
  join pg_catalog.pg_namespace n on n.nspname = s.schema_name
  join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = s.sequence_name
  join pg_catalog.pg_sequence q on q.seqrelid = c.oid
  left join planned p on p.schema_name = s.schema_name and p.sequence_name = s.sequence_name
  cross join lateral (
    select sign(q.seqincrement) * (p.last_value + case when p.is_called then q.seqincrement else 0::numeric end
                                   - s.last_value - case when s.is_called then q.seqincrement else 0::numeric end) > 0 as further) f
  order by s.schema_name, s.sequence_name`;

/**
 * Reads every sequence outside the snapshot and after the data, since sequences are not transactional: the stored
 * position is never behind a value the data uses. Where it went back since the plan (TRUNCATE … RESTART IDENTITY of a table that had been
 * copied), the position of the plan is stored, which the rows of the snapshot belong to. Stores sequences.json.gz: [{schema, name, last_value, is_called}],
 * last_value as text because it may exceed 2^53.
 *
 * @throws {HoldfastError} HF2xx storage, HF305 if a sequence cannot be read.
 */
export async function captureSequences(context: WorkerContext, chunk: ClaimedChunk): Promise<void> {
  const sequences = await callLedger(context.client, FURTHEST_SQL, [context.runId, chunk.chunk_no]);
  const object = await storeJson(context, attemptName("sequences", "json.gz", chunk.attempt), sequences, "sequences.json");
  await context.ledger.complete(context.runId, chunk.claim_id, [{ chunk_no: chunk.chunk_no, stored_bytes: object.bytes, objects: [object] }]);
}
