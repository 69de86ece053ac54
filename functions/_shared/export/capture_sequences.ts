import { fromPostgres } from "../errors/from_postgres.ts";
import type { ClaimedChunk } from "./ledger.ts";
import { attemptName } from "./object_keys.ts";
import { storeJson } from "./store_object.ts";
import type { WorkerContext } from "./worker_context.ts";

/**
 * Reads every sequence outside the snapshot and after the data, since sequences are not transactional: the stored
 * position is never behind a value the data uses. Stores sequences.json.gz: [{schema, name, last_value, is_called}],
 * last_value as text because it may exceed 2^53.
 *
 * @throws {HoldfastError} HF2xx storage, HF305 if a sequence cannot be read.
 */
export async function captureSequences(context: WorkerContext, chunk: ClaimedChunk): Promise<void> {
  let sequences: unknown[];
  try {
    ({ rows: sequences } = await context.client.query(
      "select s.schema_name as schema, s.sequence_name as name, s.last_value::text, s.is_called from backup.sequence_values() s"));
  } catch (error) {
    throw fromPostgres(error);
  }
  const object = await storeJson(context, attemptName("sequences", "json.gz", chunk.attempt), sequences, "sequences.json");
  await context.ledger.complete(context.runId, chunk.claim_id, [{ chunk_no: chunk.chunk_no, stored_bytes: object.bytes, objects: [object] }]);
}
