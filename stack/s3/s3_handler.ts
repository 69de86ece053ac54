import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type ArchiveSettings, describeThaw, refuseFrozen, requestThaw } from "./archive.ts";
import type { FaultRule } from "./faults.ts";
import { listPage } from "./list_page.ts";
import type { MultipartUploads } from "./multipart_uploads.ts";
import { describeVersion, parseLock, readRange, readWriteTraits, refuseUnknownHeaders } from "./object_headers.ts";
import type { ObjectStore, ObjectVersion } from "./object_store.ts";
import { announcedLength, type BodyChecks, receiveBody, receiveText } from "./receive_body.ts";
import { S3Error } from "./s3_error.ts";
import { xmlDocument } from "./xml.ts";

/** One request whose signature was checked. */
export interface S3Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly bucket: string;
  /** "" for calls on the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly checks: BodyChecks;
  readonly fault: FaultRule | null;
}

export interface S3State {
  readonly store: ObjectStore;
  readonly uploads: MultipartUploads;
  readonly archive: Readonly<ArchiveSettings>;
}

function answer(call: S3Call, status: number, headers: Record<string, string> = {}, body = ""): void {
  // A 204 has no body, so it has no length either.
  const length = status === 204 ? {} : { "content-length": String(Buffer.byteLength(body)) };
  call.response.writeHead(status, { ...headers, ...length, ...(body === "" ? {} : { "content-type": "application/xml" }) });
  call.response.end(body);
}

/** @throws {S3Error} NotImplemented when the query asks for more than these parameters */
function allowQuery(query: URLSearchParams, ...names: string[]): void {
  for (const name of query.keys()) {
    // SDKs name the operation in x-id; presigned URLs carry their signature.
    if (name !== "x-id" && !name.startsWith("X-Amz-") && !names.includes(name)) throw new S3Error("NotImplemented", `Query parameter ${name} is not implemented`);
  }
}

/** AWS answers a write whose target exists without reading the body; reading it first keeps clients from seeing a cut connection. */
async function drain(request: IncomingMessage): Promise<void> {
  for await (const _ of request);
}

async function flipBit(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    const byte = Buffer.alloc(1);
    const { bytesRead } = await file.read(byte, 0, 1, 0);
    if (bytesRead === 1) await file.write(Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, 0);
  } finally {
    await file.close();
  }
}

async function putObject({ store }: S3State, call: S3Call): Promise<void> {
  const { request, bucket, key, fault } = call;
  allowQuery(call.query);
  const onlyIfAbsent = request.headers["if-none-match"] === "*";
  let refusal: S3Error | null = null;
  let traits: ReturnType<typeof readWriteTraits> | null = null;
  try {
    announcedLength(request);
    traits = readWriteTraits(request.headers, store.hasObjectLock(bucket));
    if (onlyIfAbsent && store.current(bucket, key) !== null) refusal = new S3Error("PreconditionFailed");
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    refusal = error;
  }
  if (refusal !== null || traits === null) {
    await drain(request);
    throw refusal;
  }
  const body = await receiveBody(request, store.temporaryFile(), call.checks);
  const etag = body.md5.toString("hex");
  if (fault?.kind === "lost") return answer(call, 200, { etag: `"${etag}"` });
  if (fault?.kind === "corrupt") await flipBit(body.path);
  const version = store.commit(bucket, { key, bytes: body.bytes, etag, ...traits }, [body], onlyIfAbsent);
  const checksum = request.headers["x-amz-checksum-sha256"];
  answer(call, 200, {
    etag: `"${etag}"`,
    ...(version.versionId === "null" ? {} : { "x-amz-version-id": version.versionId }),
    ...(typeof checksum === "string" ? { "x-amz-checksum-sha256": checksum } : {}),
  });
}

/** Reads a range across the segments of an object. */
async function* readBytes(store: ObjectStore, version: ObjectVersion, first: number, last: number): AsyncGenerator<Buffer> {
  let offset = 0;
  for (const segment of version.segments) {
    const from = Math.max(first - offset, 0);
    const to = Math.min(last - offset, segment.bytes - 1);
    if (from <= to) yield* createReadStream(store.segmentPath(segment), { start: from, end: to, highWaterMark: 1 << 18 });
    offset += segment.bytes;
  }
}

/** Resolves when more can be written, or nothing ever will. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off("drain", settle).off("close", settle);
      resolve();
    };
    response.on("drain", settle).on("close", settle);
  });
}

const matchesEtag = (header: string, etag: string): boolean => header.split(",").some((one) => ["*", etag, `"${etag}"`].includes(one.trim()));

/** @throws {S3Error} NoSuchKey, NoSuchVersion, MethodNotAllowed */
function namedVersion(store: ObjectStore, { bucket, key, query }: S3Call): ObjectVersion {
  const versionId = query.get("versionId");
  const version = versionId === null ? store.current(bucket, key) : store.version(bucket, key, versionId);
  if (version === null) throw new S3Error("NoSuchKey");
  if (version.isDeleteMarker) throw new S3Error("MethodNotAllowed", "The version is a delete marker");
  return version;
}

async function getObject({ store }: S3State, call: S3Call): Promise<void> {
  const { request, response, query, fault } = call;
  allowQuery(query, "versionId");
  const version = namedVersion(store, call);
  const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = request.headers;
  if (ifMatch !== undefined && !matchesEtag(ifMatch, version.etag)) throw new S3Error("PreconditionFailed");
  if (ifNoneMatch !== undefined && matchesEtag(ifNoneMatch, version.etag)) {
    response.writeHead(304, { etag: `"${version.etag}"` });
    response.end();
    return;
  }
  if (request.method === "GET") refuseFrozen(version);
  const range = readRange(request.headers.range, version.bytes);
  const { first, last } = range ?? { first: 0, last: version.bytes - 1 };
  const length = last - first + 1;
  response.writeHead(range === null ? 200 : 206, {
    ...describeVersion(version),
    ...describeThaw(version),
    "content-length": String(length),
    ...(range === null ? {} : { "content-range": `bytes ${first}-${last}/${version.bytes}` }),
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  let left = fault?.kind === "cut_response" ? Math.floor(length / 2) : length;
  for await (const chunk of readBytes(store, version, first, last)) {
    const piece = chunk.subarray(0, left);
    left -= piece.length;
    if (response.destroyed) return;
    if (!response.write(piece)) await drained(response);
    if (fault?.bytesPerSecond !== undefined) await sleep((piece.length / fault.bytesPerSecond) * 1000);
    if (left === 0 && fault?.kind === "cut_response") {
      // Wait until the half is on its way: a reset discards what is still in the send buffer.
      await sleep(20);
      request.socket.destroy();
      return;
    }
  }
  response.end();
}

function deleteObject({ store }: S3State, call: S3Call): void {
  const { request, bucket, key, query } = call;
  allowQuery(query, "versionId");
  if (!store.hasBucket(bucket)) throw new S3Error("NoSuchBucket");
  const versionId = query.get("versionId");
  if (versionId === null) {
    const marker = store.hide(bucket, key);
    return answer(call, 204, marker === null ? {} : { "x-amz-version-id": marker, "x-amz-delete-marker": "true" });
  }
  store.deleteVersion(bucket, key, versionId, request.headers["x-amz-bypass-governance-retention"] === "true");
  answer(call, 204, { "x-amz-version-id": versionId });
}

async function restoreObject({ store, archive }: S3State, call: S3Call): Promise<void> {
  allowQuery(call.query, "restore", "versionId");
  const xml = await receiveText(call.request, call.checks);
  const version = namedVersion(store, call);
  const { status, thaw } = requestThaw(version, xml, archive);
  store.amend(call.bucket, version, { thaw });
  answer(call, status);
}

/** Who holds a version may hold it longer; shorter, or in a weaker mode, only GOVERNANCE with a bypass. */
async function putRetention({ store }: S3State, call: S3Call): Promise<void> {
  const { request, bucket } = call;
  allowQuery(call.query, "retention", "versionId");
  const xml = await receiveText(request, call.checks);
  if (!store.hasObjectLock(bucket)) throw new S3Error("InvalidRequest", "Bucket is missing Object Lock Configuration");
  const version = namedVersion(store, call);
  const lock = parseLock(/<Mode>(\w+)<\/Mode>/.exec(xml)?.[1], /<RetainUntilDate>([^<]+)<\/RetainUntilDate>/.exec(xml)?.[1]);
  const held = version.lock !== null && Date.parse(version.lock.retainUntil) > Date.now() ? version.lock : null;
  const weaker = held !== null && (lock.retainUntil < held.retainUntil || (held.mode === "COMPLIANCE" && lock.mode !== "COMPLIANCE"));
  if (weaker && !(held.mode === "GOVERNANCE" && request.headers["x-amz-bypass-governance-retention"] === "true")) {
    throw new S3Error("AccessDenied", "Object is protected by Object Lock");
  }
  store.amend(bucket, version, { lock });
  answer(call, 200);
}

async function multipart({ store, uploads }: S3State, call: S3Call): Promise<void> {
  const { request, bucket, key, query } = call;
  if (request.method === "POST" && query.has("uploads")) {
    allowQuery(query, "uploads");
    const traits = readWriteTraits(request.headers, store.hasObjectLock(bucket));
    const uploadId = uploads.create({ bucket, key, ...traits });
    return answer(call, 200, {}, xmlDocument("InitiateMultipartUploadResult", { Bucket: bucket, Key: key, UploadId: uploadId }));
  }
  allowQuery(query, "uploadId", "partNumber");
  const uploadId = query.get("uploadId") ?? "";
  if (request.method === "PUT") {
    const number = Number(query.get("partNumber"));
    if (!(Number.isInteger(number) && number >= 1 && number <= 10_000)) throw new S3Error("InvalidArgument", "partNumber must be 1 to 10000");
    uploads.find(uploadId, bucket, key);
    const etag = uploads.addPart(uploadId, number, await receiveBody(request, store.temporaryFile(), call.checks));
    return answer(call, 200, { etag: `"${etag}"` });
  }
  const start = uploads.find(uploadId, bucket, key);
  if (request.method === "DELETE") {
    uploads.abort(uploadId);
    return answer(call, 204);
  }
  if (request.method === "GET") {
    const Part = uploads.parts(uploadId).map((part) => ({ PartNumber: part.number, LastModified: part.lastModified, ETag: `"${part.etag}"`, Size: part.bytes }));
    return answer(call, 200, {}, xmlDocument("ListPartsResult", { Bucket: bucket, Key: key, UploadId: uploadId, IsTruncated: false, Part }));
  }
  if (request.method !== "POST") throw new S3Error("MethodNotAllowed");
  const xml = await receiveText(request, call.checks);
  const wanted = [...xml.matchAll(/<Part>([\s\S]*?)<\/Part>/g)].map(([, inner = ""]) => ({
    number: Number(/<PartNumber>\s*(\d+)\s*<\/PartNumber>/.exec(inner)?.[1]),
    etag: /<ETag>(?:&quot;|&#34;|")?([0-9a-f]{32})(?:&quot;|&#34;|")?<\/ETag>/.exec(inner)?.[1] ?? "",
  }));
  if (wanted.length === 0) throw new S3Error("MalformedXML");
  const version = uploads.complete(uploadId, start, wanted, request.headers["if-none-match"] === "*");
  const headers = version.versionId === "null" ? {} : { "x-amz-version-id": version.versionId };
  answer(call, 200, headers, xmlDocument("CompleteMultipartUploadResult", { Bucket: bucket, Key: key, ETag: `"${version.etag}"` }));
}

async function onBucket({ store }: S3State, call: S3Call): Promise<void> {
  const { request, bucket, query } = call;
  if (request.method === "PUT") {
    allowQuery(query);
    await drain(request);
    store.createBucket(bucket, request.headers["x-amz-bucket-object-lock-enabled"] === "true");
    return answer(call, 200, { location: `/${bucket}` });
  }
  if (!store.hasBucket(bucket)) throw new S3Error("NoSuchBucket");
  if (request.method === "HEAD") {
    allowQuery(query);
    return answer(call, 200);
  }
  if (request.method === "DELETE") {
    allowQuery(query);
    store.deleteBucket(bucket);
    return answer(call, 204);
  }
  if (request.method === "GET" && query.has("object-lock")) {
    allowQuery(query, "object-lock");
    if (!store.hasObjectLock(bucket)) throw new S3Error("ObjectLockConfigurationNotFoundError");
    return answer(call, 200, {}, xmlDocument("ObjectLockConfiguration", { ObjectLockEnabled: "Enabled" }));
  }
  if (request.method === "GET" && query.has("versioning")) {
    allowQuery(query, "versioning");
    // Versions are kept where objects can be locked, and only there.
    return answer(call, 200, {}, xmlDocument("VersioningConfiguration", store.hasObjectLock(bucket) ? { Status: "Enabled" } : {}));
  }
  if (request.method === "GET" && query.get("list-type") === "2") {
    allowQuery(query, "list-type", "prefix", "delimiter", "max-keys", "continuation-token", "start-after", "encoding-type");
    return answer(call, 200, {}, listPage(store, bucket, query));
  }
  throw new S3Error("NotImplemented");
}

/** Carries out one checked request. @throws {S3Error} what the client is to be told */
export async function handleS3Call(state: S3State, call: S3Call): Promise<void> {
  const { request, key, query } = call;
  const method = request.method ?? "";
  refuseUnknownHeaders(request.headers, method);
  if (key === "") return await onBucket(state, call);
  if (Buffer.byteLength(key) > 1024) throw new S3Error("KeyTooLongError");
  if (query.has("uploads") || query.has("uploadId")) return await multipart(state, call);
  if (method === "POST" && query.has("restore")) return await restoreObject(state, call);
  if (method === "PUT" && query.has("retention")) return await putRetention(state, call);
  if (method === "PUT") return await putObject(state, call);
  if (method === "GET" || method === "HEAD") return await getObject(state, call);
  if (method === "DELETE") return deleteObject(state, call);
  throw new S3Error("NotImplemented");
}
