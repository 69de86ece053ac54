import { AGE_SUFFIX, encryptBytes } from "../encryption/encrypt_bytes.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { sha256Hex } from "../s3/sha256_hex.ts";
import { compress } from "./compress.ts";
import type { StoredRef } from "./ledger.ts";
import { type PutContext, putRunObject } from "./put_run_object.ts";
import type { WorkerContext } from "./worker_context.ts";

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
