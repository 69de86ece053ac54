import { createHash } from "node:crypto";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { retry, TransientFailure } from "./retry.ts";
import type { S3Failure } from "./s3_failure.ts";
import { type CallOptions, limitsOf, type S3Session } from "./s3_session.ts";
import type { ExchangeLimits, S3Request } from "./s3_transport.ts";
import { sha256Hex } from "./sha256_hex.ts";
import { type ObjectLockMode, readStoredObject, type StoredObject } from "./stored_object.ts";

export interface PutObjectOptions extends CallOptions {
  readonly contentType?: string | undefined;
  /** Names are lower-cased; values are printable ASCII. `sha256` is always added. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly storageClass?: string | undefined;
  readonly tagging?: Readonly<Record<string, string>> | undefined;
  readonly objectLock?: { readonly mode: ObjectLockMode; readonly retainUntil: Date } | undefined;
  /** Refuse to replace an object. Default true: backups are append-only. */
  readonly ifNoneMatch?: boolean | undefined;
  /** Hex SHA-256 of the body, when the caller has it already. The server refuses a wrong one. */
  readonly sha256?: string | undefined;
  /** Read size, hash, storage class and lock back after writing, as some servers accept and drop them. Default true. */
  readonly verify?: boolean | undefined;
}

export interface PutObjectResult {
  readonly etag: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly attempts: number;
  /** The same bytes were there already: written by an earlier attempt whose answer got lost, or by an earlier worker. */
  readonly existed: boolean;
  /** The object was read back and matched. False when not asked to, or when the key may only write. */
  readonly verified: boolean;
  readonly versionId: string | null;
}

interface Put extends PutObjectOptions {
  readonly key: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly digest: string;
}

function putRequest(session: S3Session, put: Put, conditional: boolean): S3Request {
  const headers: Record<string, string> = {
    // Both runtimes derive it from a buffered body anyway; naming it keeps an empty body from being sent without one.
    "content-length": String(put.body.length),
    "content-type": put.contentType ?? "application/octet-stream",
  };
  for (const [name, value] of Object.entries(put.metadata ?? {})) headers[`x-amz-meta-${name.toLowerCase()}`] = value;
  headers["x-amz-meta-sha256"] = put.digest;
  if (put.storageClass !== undefined) headers["x-amz-storage-class"] = put.storageClass;
  if (put.tagging !== undefined) headers["x-amz-tagging"] = new URLSearchParams({ ...put.tagging }).toString();
  if (put.objectLock !== undefined) {
    headers["x-amz-object-lock-mode"] = put.objectLock.mode;
    headers["x-amz-object-lock-retain-until-date"] = put.objectLock.retainUntil.toISOString();
  }
  // The signature covers the SHA-256 of the body, so MD5 would prove nothing more and cost CPU an edge function lacks.
  if (put.objectLock !== undefined || session.wantsContentMd5) headers["content-md5"] = createHash("md5").update(put.body).digest("base64");
  if (conditional) headers["if-none-match"] = "*";
  return { method: "PUT", key: put.key, headers, body: put.body, sha256: put.digest, action: `put object "${put.key}"` };
}

async function look(session: S3Session, key: string, action: string, limits: ExchangeLimits): Promise<StoredObject | S3Failure | null> {
  const reply = await session.transport.exchange({ method: "HEAD", key, action }, limits);
  if (reply.failure === null) return readStoredObject(key, reply.headers);
  return reply.failure.status === 404 ? null : reply.failure;
}

const isStored = (found: StoredObject | S3Failure | null): found is StoredObject => found !== null && "bytes" in found;

const holdsSame = (put: Put, found: StoredObject): boolean => found.bytes === put.body.length && found.sha256 === put.digest;

/** The key is taken: by the same bytes, which is as good as having written them, or by others. */
function settle(put: Put, found: StoredObject, attempts: number): PutObjectResult {
  if (holdsSame(put, found)) {
    checkTraits(put, found);
    return { etag: found.etag, bytes: found.bytes, sha256: put.digest, attempts, existed: true, verified: true, versionId: found.versionId };
  }
  throw new HoldfastError("HF205", `Cannot put object "${put.key}": an object with other content exists`, {
    detail: `Stored: ${found.bytes} bytes, sha256 ${found.sha256 ?? "not recorded"}. Ours: ${put.body.length} bytes, sha256 ${put.digest}.`,
    hint: "Objects are never replaced: write under another key, or find out who else writes to this prefix.",
  });
}

/** Some servers answer 200 and drop what they do not know; a lock that is not there must not be believed. */
function checkTraits(put: Put, found: StoredObject): void {
  const dropped: string[] = [];
  if (put.storageClass !== undefined && found.storageClass !== put.storageClass) dropped.push(`storage class ${put.storageClass} (stored as ${found.storageClass})`);
  const lock = put.objectLock;
  if (lock !== undefined) {
    // Servers keep whole seconds. A key that may not read retention sees no lock at all: not proven is not there.
    const held = found.objectLock;
    if (held === null || held.mode !== lock.mode || held.retainUntil.getTime() < Math.floor(lock.retainUntil.getTime() / 1000) * 1000) {
      dropped.push(`Object Lock ${lock.mode} until ${lock.retainUntil.toISOString()} (stored: ${held === null ? "no lock" : `${held.mode} until ${held.retainUntil.toISOString()}`})`);
    }
  }
  if (dropped.length > 0) {
    throw new HoldfastError("HF206", `Cannot put object "${put.key}": the server accepted the object but not its properties`, {
      detail: `Not kept: ${dropped.join("; ")}.`,
      hint: "Use a bucket and a key that support these properties (for Object Lock the key needs s3:GetObjectRetention), or switch them off.",
    });
  }
}

async function attemptPut(session: S3Session, put: Put, attempt: number, limits: ExchangeLimits): Promise<PutObjectResult> {
  const action = `put object "${put.key}"`;
  const appendOnly = put.ifNoneMatch !== false;
  const takenBy = async (): Promise<StoredObject | null> => {
    const found = await look(session, put.key, action, limits);
    if (found === null || isStored(found)) return found;
    throw session.transport.refusal({ method: "HEAD", key: put.key, action }, found);
  };
  if (appendOnly && session.lacksConditionalPut) {
    const found = await takenBy();
    if (found !== null) return settle(put, found, attempt);
  }
  let call = putRequest(session, put, appendOnly && !session.lacksConditionalPut);
  let reply = await session.transport.exchange(call, limits);

  if (reply.failure?.status === 400 && /content-md5/i.test(reply.failure.message) && !session.wantsContentMd5) {
    session.wantsContentMd5 = true;
    call = putRequest(session, put, appendOnly && !session.lacksConditionalPut);
    reply = await session.transport.exchange(call, limits);
  }
  if (reply.failure?.status === 501 && appendOnly && !session.lacksConditionalPut) {
    const found = await takenBy();
    if (found !== null) return settle(put, found, attempt);
    call = putRequest(session, put, false);
    reply = await session.transport.exchange(call, limits);
    // Another header may have been the one it lacks: then the second answer is a 501 too, and nothing was learned.
    if (reply.failure === null) session.lacksConditionalPut = true;
  }
  if (reply.failure?.status === 412 && appendOnly) {
    const found = await takenBy();
    if (found !== null) return settle(put, found, attempt);
    throw new TransientFailure(new HoldfastError("HF203", `Cannot ${action}: it existed for a moment and is gone`, {
      detail: "The server refused the write because of an object that it does not hold.",
      hint: "Find out who else writes to or deletes from this prefix.",
    }));
  }
  if (reply.failure !== null) throw session.transport.refusal(call, reply.failure);

  const written = { etag: (reply.headers.get("etag") ?? "").replaceAll('"', ""), bytes: put.body.length, sha256: put.digest, attempts: attempt, existed: false, versionId: reply.headers.get("x-amz-version-id") };
  if (put.verify === false) return { ...written, verified: false };
  return { ...written, verified: await confirm(session, put, action, limits) };
}

/** True when the object was read back and matched, false when the key may not read. */
async function confirm(session: S3Session, put: Put, action: string, limits: ExchangeLimits): Promise<boolean> {
  const found = await look(session, put.key, action, limits);
  if (found === null) {
    throw new TransientFailure(new HoldfastError("HF204", `Cannot ${action}: it was acknowledged but is not stored`, {
      hint: "Do not trust this storage with backups until its provider explains it.",
    }));
  }
  if (!isStored(found)) {
    if (found.status === 403) return false;
    throw session.transport.refusal({ method: "HEAD", key: put.key, action }, found);
  }
  if (!holdsSame(put, found)) {
    throw new HoldfastError("HF207", `Cannot ${action}: the stored object is not the one that was sent`, {
      detail: `Stored: ${found.bytes} bytes, sha256 ${found.sha256 ?? "not recorded"}. Sent: ${put.body.length} bytes, sha256 ${put.digest}.`,
      hint: "Find out who else writes to this prefix, and whether the server keeps user metadata.",
    });
  }
  checkTraits(put, found);
  return true;
}

/**
 * Stores one buffered object. Written once: a second put of the same bytes succeeds, of other bytes is refused.
 * A request larger than one PUT may carry can be split here without a change for callers.
 * @throws {HoldfastError} HF201, HF202, HF203, HF204 (acknowledged but not stored), HF205, HF206, HF207, HF208
 */
export async function putObject(session: S3Session, key: string, body: Uint8Array, options: PutObjectOptions): Promise<PutObjectResult> {
  for (const value of Object.values(options.metadata ?? {})) {
    if (!/^[\x20-\x7e]*$/.test(value)) throw new TypeError("Cannot put object: metadata values must be printable ASCII");
  }
  // fetch and WebCrypto refuse views on shared memory; everything else passes through without a copy.
  const bytes: Uint8Array<ArrayBuffer> = body.buffer instanceof ArrayBuffer ? new Uint8Array(body.buffer, body.byteOffset, body.byteLength) : new Uint8Array(body);
  const put: Put = { ...options, key, body: bytes, digest: options.sha256?.toLowerCase() ?? (await sha256Hex(bytes)) };
  return await retry(session.policy, options.signal, (attempt, remainingMs) =>
    attemptPut(session, put, attempt, limitsOf(session, remainingMs, options.signal)));
}
