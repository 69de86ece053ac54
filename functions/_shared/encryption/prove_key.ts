import { HoldfastError } from "../errors/holdfast_error.ts";
import type { ManifestChunk, ManifestTable } from "../export/manifest.ts";
import { type Backup } from "../restore/backup_source.ts";
import { chunksOf } from "../restore/chunk_lists.ts";
import { prepareChunk } from "../restore/load_chunk.ts";
import { readContent } from "../restore/read_object.ts";
import { unsealBackup } from "../restore/unseal_backup.ts";
import type { AgeIdentities } from "./age_identities.ts";

/** That one identity alone opens a backup, as backup.record_key_proof() takes it. */
export interface KeyProof {
  run_id: string;
  recipient: string;
  manifest_sha256: string;
  /** Objects that were decrypted and compared with the manifest. */
  objects: number;
  /** Bytes of those objects as stored. */
  bytes: number;
}

/** The smallest object of rows: opening it proves as much as opening the largest. Null when no table has rows. */
async function smallestChunk(backup: Backup): Promise<{ table: ManifestTable; chunk: ManifestChunk } | null> {
  const candidates = backup.manifest.tables.filter((one) => one.rows > 0);
  const table = candidates.reduce<ManifestTable | null>((least, one) => (least === null || one.stored_bytes < least.stored_bytes ? one : least), null);
  if (table === null) return null;
  const chunks = (await chunksOf(backup, table)).filter((one) => one.rows > 0);
  const chunk = chunks.reduce((least, one) => (one.bytes < least.bytes ? one : least));
  return { table, chunk };
}

async function proveOne(backup: Backup, identities: AgeIdentities, recipient: string): Promise<KeyProof> {
  const opened = await unsealBackup(backup, identities.only(recipient));
  JSON.parse(await readContent(opened, "schema.json"));
  const read = opened.manifest.objects.filter((one) => one.content === "tables.json" || one.content === "schema.json").map((one) => one.bytes);
  const rows = await smallestChunk(opened);
  if (rows !== null) {
    // Compares size, hash, rows and bytes of text with the manifest.
    await prepareChunk(opened, rows.table, rows.chunk, { columns: rows.table.columns, places: null });
    read.push(rows.chunk.bytes);
  }
  return { run_id: backup.manifest.run_id, recipient, manifest_sha256: backup.manifestSha256, objects: read.length, bytes: read.reduce((sum, one) => sum + one, 0) };
}

/**
 * Objects that a proof of a key reads. The outline of the backup is enough to tell: nothing is decrypted.
 *
 * @throws {HoldfastError} HF501 a list of chunks is missing or damaged, HF603 it is archived.
 */
export async function keysOfKeyProof(backup: Backup): Promise<ReadonlySet<string>> {
  const outline = backup.manifest.objects.filter((one) => one.content === "tables.json" || one.content === "schema.json");
  const rows = await smallestChunk(backup);
  return new Set([...outline, ...(rows === null ? [] : [rows.chunk])].map(({ key }) => backup.prefix + key));
}

/**
 * Proves that identities open a backup: each by itself decrypts the schema, the list of tables, and one object of rows. Each
 * that belongs to the backup gives a proof; the others are of no interest here.
 *
 * @throws {HoldfastError} HF704 the backup is not encrypted, HF701 no identity, HF702 none belongs to it, HF501 damaged.
 */
export async function proveKey(backup: Backup, identities: AgeIdentities | null): Promise<KeyProof[]> {
  const { encryption, run_id: runId } = backup.manifest;
  if (encryption === null) {
    throw new HoldfastError("HF704", `Backup ${runId} is not encrypted`, {
      hint: "Set HOLDFAST_AGE_RECIPIENTS and make a backup, or name an encrypted one with --from." });
  }
  await unsealBackup(backup, identities);
  const proofs: KeyProof[] = [];
  for (const recipient of identities?.recipients ?? []) {
    if (identities !== null && encryption.recipients.includes(recipient)) proofs.push(await proveOne(backup, identities, recipient));
  }
  return proofs;
}
