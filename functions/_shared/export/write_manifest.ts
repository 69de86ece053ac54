import { callLedger } from "../database/call_ledger.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { buildManifest, chunksByTable, isLongList } from "./build_manifest.ts";
import { checkProperties } from "./check_properties.ts";
import { checkStoredObjects } from "./check_stored_objects.ts";
import type { ClaimedChunk, StoredRef } from "./ledger.ts";
import { manifestSchema, parseManifest } from "./manifest.ts";
import { encodeKeyPart } from "./object_keys.ts";
import { putRunObject } from "./put_run_object.ts";
import { readRunRecord } from "./read_run_record.ts";
import { isSameSealed, sealManifest, TABLES_CONTENT } from "./seal_manifest.ts";
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

/** One object with rows tells for all how they are kept: whether in an archive, which nobody reads without thawing it. */
async function checkDataObject(context: WorkerContext): Promise<boolean> {
  const { rows: [first] } = await context.client.query<{ key: string }>(
    "select c.object_key as key from backup.chunks c where c.run_id = $1 and c.kind = 'data' and c.state = 'done' order by c.chunk_no limit 1", [context.runId]);
  return first !== undefined && (await checkProperties(context, first.key)).archived;
}

/**
 * Commits the backup: totals are settled, the schema is compared with its state in the snapshot, every object is looked up
 * in the bucket, and only then is manifest.json written and the run ended. Nothing in the manifest depends on the attempt or
 * the clock, so an attempt that finds the manifest of a dead one finds its own bytes.
 *
 * @throws {HoldfastError} HF302 schema changed, HF304 totals, HF308 objects missing, HF601 objects not locked, HF2xx storage.
 */
export async function writeManifest(context: WorkerContext, chunk: ClaimedChunk): Promise<void> {
  const { client, objectPrefix: prefix, runId } = context;
  await callLedger(client, "select backup.settle_tables($1)", [runId]);
  // Before the ledger is read: what the storage dropped becomes a warning of the run, and the manifest lists those.
  const archived = await checkDataObject(context);
  const contents = await readRunRecord(client, runId);
  await refuseChangedSchema(context, contents.run.schema_fingerprint);

  const chunks = chunksByTable(prefix, contents);
  const lists = new Map<string, StoredRef>();
  for (const [key, own] of chunks) {
    if (!isLongList(own)) continue;
    const name = (JSON.parse(key) as string[]).map(encodeKeyPart).join(".");
    // Not encrypted: it holds what the manifest holds of other tables, and checks without a key need it.
    lists.set(key, await storeJson({ ...context, recipients: [] }, `chunks/${name}.json.gz`, own, "chunks.json"));
  }
  const expected = new Map<string, number>();
  for (const one of contents.chunks) expected.set(one.object_key, Number(one.stored_bytes));
  for (const one of [...contents.objects, ...lists.values()]) expected.set(one.key, one.bytes);
  await checkStoredObjects(context.s3, prefix, expected);

  const built = buildManifest(runId, prefix, contents, chunks, lists, context.toolVersion);
  const manifest = built.encryption === null ? manifestSchema.parse(built) : await sealManifest(context, built, chunk.attempt);
  const body = await putManifest(context, new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`));
  await context.ledger.finish(runId, chunk.claim_id, chunk.chunk_no, {
    key: prefix + MANIFEST_NAME, sha256: await sha256Hex(body), bytes: body.byteLength, archived });
}

/**
 * Puts the manifest and returns the bytes that are stored. Encrypting gives other bytes each time, so the manifest of an
 * attempt that died is not the one of this attempt; where it says the same, and its object is there, it is the manifest.
 */
async function putManifest(context: WorkerContext, body: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const key = context.objectPrefix + MANIFEST_NAME;
  const ours = parseManifest(body);
  try {
    await putRunObject(context, key, body, { contentType: "application/json", sha256: await sha256Hex(body), bulk: false });
    return body;
  } catch (error) {
    if (ours.encryption === null || !(error instanceof HoldfastError) || error.code !== "HF205") throw error;
    // Theirs differs in the key and the hash of one object; whatever is much longer is somebody else's.
    const stored = await context.s3.getObject(key, { maxBytes: body.byteLength + 1024 });
    const theirs = parseManifest(stored);
    if (!isSameSealed(ours, theirs)) throw error;
    const details = theirs.objects.filter((one) => one.content === TABLES_CONTENT);
    await checkStoredObjects(context.s3, context.objectPrefix, new Map(details.map((one) => [context.objectPrefix + one.key, one.bytes])));
    return stored;
  }
}
