import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { sha256Hex } from "../s3/sha256_hex.ts";
import type { Backup } from "./backup_source.ts";
import { openObject } from "./open_object.ts";
import { mostStored, readLimitsOf } from "./read_limits.ts";
import { refuseManyValues } from "./refuse_many_values.ts";

const gunzipAsync = promisify(gunzip);

/** An object as the manifest names it. */
export interface ObjectRef {
  /** Relative to the folder of the manifest. */
  key: string;
  sha256: string;
  bytes: number;
}

function damaged(key: string, what: string, detail: string, cause?: unknown): HoldfastError {
  return new HoldfastError("HF501", `Object "${key}" ${what}`, {
    detail, hint: "Restore from another run, or leave its rows out with --skip-damaged.", cause });
}

function tooLarge(key: string, detail: string, cause?: unknown): HoldfastError {
  return new HoldfastError("HF209", `Object "${key}" is larger than its reader takes`, {
    detail, hint: "An Edge Function takes less than the command: use holdfast drill or holdfast restore. Where the command says so, find out who else writes to this bucket, and restore from another run.", cause });
}

/**
 * Stored bytes of an object, which are those the manifest names: size and SHA-256 are compared before anything is returned.
 *
 * @throws {HoldfastError} HF501 naming the key if the object is missing, cut short or has other bytes; HF209 if the manifest gives it more bytes
 * than any export stores in one; HF2xx storage.
 */
export async function readObject(backup: Backup, ref: ObjectRef): Promise<Uint8Array<ArrayBuffer>> {
  const key = backup.prefix + ref.key;
  const most = mostStored(readLimitsOf(backup).chunkBytes);
  if (ref.bytes > most) throw tooLarge(key, `The manifest says it has ${ref.bytes} bytes, the limit is ${most}.`);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await backup.s3.getObject(key, { maxBytes: ref.bytes });
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    if (error.code === "HF204") throw damaged(key, "is missing", "The manifest names it.", error);
    if (error.code === "HF207" || error.code === "HF209") throw damaged(key, "is damaged", error.detail ?? error.message, error);
    throw error;
  }
  if (bytes.byteLength !== ref.bytes) {
    throw damaged(key, "is damaged", `It has ${bytes.byteLength} bytes, the manifest says ${ref.bytes}.`);
  }
  const sha256 = await sha256Hex(bytes);
  if (sha256 !== ref.sha256) throw damaged(key, "is damaged", `Its SHA-256 is ${sha256}, the manifest says ${ref.sha256}.`);
  return bytes;
}

/**
 * Unpacks an object whose bytes are right and that is not rows, decrypted first where it is encrypted. gzip packs zeros a thousandfold,
 * so it is given up at its limit and not when the memory is full.
 *
 * @throws {HoldfastError} HF501 if they are no gzip, HF209 if they hold more than the limits of the backup allow; HF701, HF702 encrypted to others.
 */
export async function unpack(backup: Backup, ref: ObjectRef, bytes: Uint8Array): Promise<Uint8Array> {
  const opened = await openObject(backup, ref.key, bytes);
  const { contentBytes, jsonValues } = readLimitsOf(backup);
  let unpacked: Uint8Array;
  try {
    unpacked = await gunzipAsync(opened, { maxOutputLength: contentBytes });
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE") {
      throw tooLarge(backup.prefix + ref.key, `It unpacks to more than ${contentBytes} bytes.`, cause);
    }
    throw damaged(backup.prefix + ref.key, "cannot be unpacked", cause instanceof Error ? cause.message : "no gzip", cause);
  }
  refuseManyValues(unpacked, jsonValues, backup.prefix + ref.key);
  return unpacked;
}

/** Whether the backup has an object of this content, such as `config.json`. */
export function hasContent(backup: Backup, content: string): boolean {
  return backup.manifest.objects.some((one) => one.content === content);
}

/**
 * Text of one of the backup's objects by its content, such as `schema.json`, unpacked.
 *
 * @throws {HoldfastError} HF501 if the backup has none or it is damaged, HF209 as `unpack`.
 */
export async function readContent(backup: Backup, content: string): Promise<string> {
  const ref = backup.manifest.objects.find((one) => one.content === content);
  if (ref === undefined) throw damaged(backup.prefix, `has no ${content}`, "The manifest names no such object.");
  return new TextDecoder("utf-8", { fatal: true }).decode(await unpack(backup, ref, await readObject(backup, ref)));
}
