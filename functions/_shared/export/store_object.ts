import { promisify } from "node:util";
import { gzip, gzipSync } from "node:zlib";
import { AGE_SUFFIX, encryptBytes } from "../encryption/encrypt_bytes.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { sha256Hex } from "../s3/sha256_hex.ts";
import type { StoredRef } from "./ledger.ts";
import { type PutContext, putRunObject } from "./put_run_object.ts";
import type { WorkerContext } from "./worker_context.ts";

const gzipAsync = promisify(gzip);

/**
 * zlib hands its output over in pieces, each a trip through the thread pool, and joins them by copying. One piece for the usual
 * chunk saves a quarter of the CPU that the default of 16 KiB costs.
 */
function pieceBytes(bytes: number): number {
  return Math.min(4 * 1024 * 1024, Math.max(64 * 1024, Math.ceil(bytes / 2)));
}

/** Rows up to this size resemble each other within the smaller windows. */
const SHORT_ROW_BYTES = 1024;

const SAMPLE_BYTES = 64 * 1024;

/**
 * How far back zlib looks, as a power of two. For short rows 8 KiB do: what is looked up stays in the processor's cache, a seventh
 * less CPU than 32 KiB, and the result is no larger, as neighbouring rows resemble each other most. Rows of mostly random
 * values, such as UUIDs, have nothing to find even there: 4 KiB then save as much again. Decided by a sample of the bytes alone, so
 * that the same rows are always compressed to the same object.
 */
function windowBits(bytes: Uint8Array, rowBytes: number): number {
  if (rowBytes > SHORT_ROW_BYTES) return 15;
  const middle = bytes.byteLength >> 1;
  const sample = bytes.subarray(middle, middle + SAMPLE_BYTES);
  if (sample.byteLength < SAMPLE_BYTES) return 13;
  const sizeWith = (bits: number) => gzipSync(sample, { level: 1, windowBits: bits, chunkSize: SAMPLE_BYTES }).byteLength;
  return sizeWith(12) <= sizeWith(13) ? 12 : 13;
}

/**
 * Level 1: on database text, higher levels cost several times the CPU for about a tenth of the size.
 *
 * @param rowBytes mean size of a row; unknown counts as long.
 */
export async function compress(bytes: Uint8Array, rowBytes = Infinity): Promise<Uint8Array<ArrayBuffer>> {
  const { buffer, byteOffset, byteLength } = await gzipAsync(bytes,
    { level: 1, windowBits: windowBits(bytes, rowBytes), chunkSize: pieceBytes(bytes.byteLength) });
  // zlib allocates ordinary memory; the copy is for a runtime that does otherwise.
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
}

/** 000007~2.copy.gz becomes 000007~2-1a2b3c4d.copy.gz. */
function anotherName(name: string): string {
  return name.replace(/^((?:.*\/)?[^/.]+)/, `$1-${crypto.randomUUID().slice(0, 8)}`);
}

/** Where objects of a run go, and to whom they are encrypted. */
type StoreContext = Pick<WorkerContext, "objectPrefix" | "recipients"> & PutContext;

/**
 * Stores one object of a run under a name relative to it, which ends in .age when the run is encrypted. Size and SHA-256 are
 * those of the stored bytes, so that they can be compared without a key.
 *
 * @throws {HoldfastError} HF2xx as the storage refuses it.
 */
export async function storeObject(
  context: StoreContext, name: string, body: Uint8Array<ArrayBuffer>, contentType: string, content: string,
): Promise<StoredRef> {
  if (context.recipients.length > 0) {
    const encrypted = await encryptBytes(body, context.recipients);
    const plain = { ...context, recipients: [] };
    try {
      return await storeObject(plain, name + AGE_SUFFIX, encrypted, "application/octet-stream", content);
    } catch (error) {
      // A worker that stored this and could not report it: the same rows, but encrypting them again gives other bytes.
      if (!(error instanceof HoldfastError) || error.code !== "HF205") throw error;
      return storeObject(plain, anotherName(name) + AGE_SUFFIX, encrypted, "application/octet-stream", content);
    }
  }
  const sha256 = await sha256Hex(body);
  const key = context.objectPrefix + name;
  // Not read back one by one: the listing before the manifest compares every object at once.
  await putRunObject(context, key, body, { contentType, sha256, verify: false, bulk: content === "rows" });
  return { key, sha256, bytes: body.byteLength, content };
}

/** Stores a JSON document, compressed. */
export async function storeJson(
  context: StoreContext, name: string, value: unknown, content: string,
): Promise<StoredRef> {
  return storeObject(context, name, await compress(new TextEncoder().encode(JSON.stringify(value))), "application/gzip", content);
}
