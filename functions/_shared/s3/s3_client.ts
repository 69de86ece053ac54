import { getObject, type GetObjectOptions, getObjectStream, type ObjectStream } from "./get_object.ts";
import { listFolders } from "./list_folders.ts";
import { type ListedObject, listObjects } from "./list_objects.ts";
import { putObject, type PutObjectOptions, type PutObjectResult } from "./put_object.ts";
import { restoreObject, type RestoreObjectOptions, type RestoreObjectState } from "./restore_object.ts";
import { type Clock, systemClock } from "./retry.ts";
import type { S3Config } from "./s3_config.ts";
import { type CallOptions, demand, request, type S3Session } from "./s3_session.ts";
import { createS3Transport, type S3Request } from "./s3_transport.ts";
import { readStoredObject, type StoredObject } from "./stored_object.ts";
import { xmlText } from "./xml_text.ts";

export interface S3ClientOptions {
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Retries after the first attempt. Default 5. */
  readonly retries?: number;
  /** Longest time for one request and its answer. Default 60 s. */
  readonly timeoutMs?: number;
  /** Longest time for one call with all its retries. Default 120 s. */
  readonly deadlineMs?: number;
}

export interface BucketFacts {
  /** null: the key may not ask, or the server does not know the question. */
  readonly objectLock: boolean | null;
}

/** One bucket. Keys are complete: they start with the configured prefix, which `prefix` repeats for callers that build keys. */
export interface S3Client {
  readonly bucket: string;
  readonly prefix: string;
  putObject(key: string, body: Uint8Array, options?: PutObjectOptions): Promise<PutObjectResult>;
  getObject(key: string, options?: GetObjectOptions): Promise<Uint8Array<ArrayBuffer>>;
  getObjectStream(key: string, options?: CallOptions): Promise<ObjectStream>;
  /** Null when there is no such object. */
  headObject(key: string, options?: CallOptions): Promise<StoredObject | null>;
  /** Asks for a copy of an archived object that can be read for some days. Asking again is no error. */
  restoreObject(key: string, options: RestoreObjectOptions): Promise<RestoreObjectState>;
  listObjects(prefix: string, options?: CallOptions): AsyncIterable<ListedObject>;
  /** Folders directly below a prefix, each with its slash at the end. */
  listFolders(prefix: string, options?: CallOptions): AsyncIterable<string>;
  /**
   * Succeeds when there is nothing to delete. In a bucket that keeps versions, only a call with `versionId` frees space;
   * without one a delete marker hides the object. A version under retention is refused (HF202).
   */
  deleteObject(key: string, options?: CallOptions & { readonly versionId?: string | undefined }): Promise<void>;
  /** Proves that the bucket exists and the key may read from it. */
  checkBucket(options?: CallOptions): Promise<BucketFacts>;
}

const BASE_DELAY_MS = 200;
const MAX_DELAY_MS = 10_000;

async function headObject(session: S3Session, key: string, options: CallOptions): Promise<StoredObject | null> {
  const call: S3Request = { method: "HEAD", key, action: `look up object "${key}"` };
  const reply = await request(session, call, options);
  if (reply.failure === null) return readStoredObject(key, reply.headers);
  if (reply.failure.status === 404) return null;
  throw session.transport.refusal(call, reply.failure);
}

async function checkBucket(session: S3Session, options: CallOptions): Promise<BucketFacts> {
  // A listing, not HEAD: the answer to HEAD cannot say which of bucket, key and clock is wrong.
  const query = { "list-type": "2", "max-keys": "1" };
  await demand(session, { method: "GET", key: null, query, action: `use bucket "${session.config.bucket}"` }, options);
  const reply = await request(session, { method: "GET", key: null, query: { "object-lock": "" }, action: "read the Object Lock settings" }, options);
  if (reply.failure === null) return { objectLock: xmlText(new TextDecoder().decode(reply.body), "ObjectLockEnabled") === "Enabled" };
  return { objectLock: reply.failure.status === 404 ? false : null };
}

/** A client for the bucket of this configuration. Cheap to make: nothing is sent until the first call. */
export function createS3Client(config: S3Config, options: S3ClientOptions = {}): S3Client {
  const clock = options.clock ?? systemClock;
  const session: S3Session = {
    config,
    transport: createS3Transport(config, { fetch: options.fetch ?? globalThis.fetch, clock }),
    policy: {
      attempts: (options.retries ?? 5) + 1,
      deadlineMs: options.deadlineMs ?? 120_000,
      baseDelayMs: BASE_DELAY_MS,
      maxDelayMs: MAX_DELAY_MS,
      clock,
      random: options.random ?? Math.random,
    },
    timeoutMs: options.timeoutMs ?? 60_000,
    lacksConditionalPut: false,
    wantsContentMd5: false,
  };
  return {
    bucket: config.bucket,
    prefix: config.prefix,
    putObject: (key, body, putOptions = {}) => putObject(session, key, body, putOptions),
    getObject: (key, getOptions = {}) => getObject(session, key, getOptions),
    getObjectStream: (key, callOptions = {}) => getObjectStream(session, key, callOptions),
    headObject: (key, callOptions = {}) => headObject(session, key, callOptions),
    restoreObject: (key, restoreOptions) => restoreObject(session, key, restoreOptions),
    listObjects: (prefix, callOptions = {}) => listObjects(session, prefix, callOptions),
    listFolders: (prefix, callOptions = {}) => listFolders(session, prefix, callOptions),
    deleteObject: async (key, { signal, versionId } = {}) => {
      const query = versionId === undefined ? {} : { versionId };
      const call: S3Request = { method: "DELETE", key, query, action: `delete object "${key}"` };
      const reply = await request(session, call, { signal });
      if (reply.failure !== null && reply.failure.code !== "NoSuchKey") throw session.transport.refusal(call, reply.failure);
    },
    checkBucket: (callOptions = {}) => checkBucket(session, callOptions),
  };
}

export type { CallOptions, Clock, GetObjectOptions, ListedObject, ObjectStream, PutObjectOptions, PutObjectResult, S3Config, StoredObject };
