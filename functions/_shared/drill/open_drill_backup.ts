import { HoldfastError } from "../errors/holdfast_error.ts";
import { parseManifest } from "../export/manifest.ts";
import type { Backup, BackupStorage } from "../restore/backup_source.ts";
import { FUNCTION_READS, type ReadLimits } from "../restore/read_limits.ts";
import { sha256Hex } from "../s3/sha256_hex.ts";
import type { DrillRow } from "./drill_ledger.ts";

/**
 * The restore point of a drill. Its place is known, so nothing is listed; and the manifest has to be the one the ledger
 * remembers, because a drill speaks for that backup.
 *
 * @throws {HoldfastError} HF501 if the manifest is missing or another one, HF306 not valid, HF209 longer than a function can read, HF2xx storage.
 */
export async function openDrillBackup(s3: BackupStorage, drill: DrillRow, limits: ReadLimits = FUNCTION_READS): Promise<Backup> {
  const key = drill.manifest_key;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await s3.getObject(key, { maxBytes: limits.manifestBytes });
  } catch (error) {
    if (!(error instanceof HoldfastError) || (error.code !== "HF204" && error.code !== "HF207")) throw error;
    throw new HoldfastError("HF501", `Object "${key}" is ${error.code === "HF204" ? "missing" : "damaged"}`, {
      detail: "It is the manifest, without which there is no backup.", hint: "Restore from another run.", cause: error });
  }
  const sha256 = await sha256Hex(bytes);
  if (sha256 !== drill.manifest_sha256) {
    throw new HoldfastError("HF501", `Object "${key}" is damaged`, {
      detail: `The SHA-256 of the manifest is ${sha256}, the ledger says ${drill.manifest_sha256}.`, hint: "Restore from another run." });
  }
  return { s3, prefix: drill.object_prefix, manifest: parseManifest(bytes), manifestSha256: sha256, limits };
}
