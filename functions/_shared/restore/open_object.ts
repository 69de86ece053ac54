import { decryptBytes } from "../encryption/decrypt_bytes.ts";
import { AGE_SUFFIX } from "../encryption/encrypt_bytes.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { Backup } from "./backup_source.ts";

/**
 * The gzip of a stored object: decrypted when its name ends in .age. What the manifest of an encrypted backup names without it
 * is a list of chunks, which is not encrypted.
 *
 * @throws {HoldfastError} HF701 no identity, HF702 wrong identity, HF501 damaged; each names the object.
 */
export async function openObject(backup: Backup, key: string, bytes: Uint8Array): Promise<Uint8Array> {
  if (!key.endsWith(AGE_SUFFIX)) return bytes;
  if (backup.identities === undefined) {
    throw new HoldfastError("HF701", `Object "${backup.prefix}${key}" is encrypted`, {
      hint: "Name the private file of one of its recipients with --identity <file>, or in HOLDFAST_AGE_IDENTITY_FILE." });
  }
  return decryptBytes(bytes, backup.identities, backup.prefix + key);
}
