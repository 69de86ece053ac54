import { fromPostgres } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { buildManifest, chunksByTable, isLongList } from "./build_manifest.ts";
import { checkStoredObjects } from "./check_stored_objects.ts";
import type { ClaimedChunk, StoredRef } from "./ledger.ts";
import { manifestSchema } from "./manifest.ts";
import { encodeKeyPart } from "./object_keys.ts";
import { readRunRecord } from "./read_run_record.ts";
import { sha256Hex } from "../s3/sha256_hex.ts";
import { storeJson } from "./store_object.ts";
import type { WorkerContext } from "./worker_context.ts";

/** The name a manifest always has: whoever finds it has found a complete backup. */
export const MANIFEST_NAME = "manifest.json";

/** @throws {HoldfastError} HF302 if DDL ran since the snapshot was taken. */
async function refuseChangedSchema(context: WorkerContext, planned: string): Promise<void> {
  const { rows: [now] } = await context.client.query<{ fingerprint: string }>("select backup.schema_fingerprint() as fingerprint");
  if (now?.fingerprint !== planned) {
    throw new HoldfastError("HF302", "Cannot commit the backup as the schema changed during the run", {
      hint: "Start another run when migrations have ended." });
  }
}

/**
 * Commits the backup: totals are settled, the schema is compared with its state in the snapshot, every object is looked up
 * in the bucket, and only then is manifest.json written and the run ended. Nothing in the manifest depends on the attempt or
 * the clock, so an attempt that finds the manifest of a dead one finds its own bytes.
 *
 * @throws {HoldfastError} HF302 schema changed, HF304 totals, HF308 objects missing, HF2xx storage.
 */
export async function writeManifest(context: WorkerContext, chunk: ClaimedChunk): Promise<void> {
  const { client, objectPrefix: prefix, runId } = context;
  try {
    await client.query("select backup.settle_tables($1)", [runId]);
  } catch (error) {
    throw fromPostgres(error);
  }
  const contents = await readRunRecord(client, runId);
  await refuseChangedSchema(context, contents.run.schema_fingerprint);

  const chunks = chunksByTable(prefix, contents);
  const lists = new Map<string, StoredRef>();
  for (const [key, own] of chunks) {
    if (!isLongList(own)) continue;
    const name = (JSON.parse(key) as string[]).map(encodeKeyPart).join(".");
    lists.set(key, await storeJson(context, `chunks/${name}.json.gz`, own, "chunks.json"));
  }
  const expected = new Map<string, number>();
  for (const one of contents.chunks) expected.set(one.object_key, Number(one.stored_bytes));
  for (const one of [...contents.objects, ...lists.values()]) expected.set(one.key, one.bytes);
  await checkStoredObjects(context.s3, prefix, expected);

  const manifest = manifestSchema.parse(
    buildManifest(runId, prefix, contents, chunks, lists, context.toolVersion));
  const body = new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`);
  const sha256 = await sha256Hex(body);
  const key = prefix + MANIFEST_NAME;
  await context.s3.putObject(key, body, { contentType: "application/json", sha256 });
  await context.ledger.finish(runId, chunk.claim_id, chunk.chunk_no, { key, sha256, bytes: body.byteLength });
}
