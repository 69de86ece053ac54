import type { IncomingHttpHeaders } from "node:http";
import type { ObjectLock, ObjectVersion } from "./object_store.ts";
import { S3Error } from "./s3_error.ts";

const STORED = ["content-type", "content-encoding", "content-disposition", "content-language", "cache-control", "expires"];
const STORAGE_CLASSES = ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE", "REDUCED_REDUNDANCY"];

/** Every `x-amz-*` header this server understands. What is not here is refused, so that nothing is dropped in silence. */
const KNOWN = new Set([
  "x-amz-bucket-object-lock-enabled",
  "x-amz-bypass-governance-retention",
  "x-amz-checksum-mode",
  "x-amz-checksum-sha256",
  "x-amz-content-sha256",
  "x-amz-date",
  "x-amz-object-lock-mode",
  "x-amz-object-lock-retain-until-date",
  "x-amz-sdk-checksum-algorithm",
  "x-amz-storage-class",
  "x-amz-tagging",
  "x-amz-user-agent",
]);

/** @throws {S3Error} NotImplemented for anything this server would have to ignore */
export function refuseUnknownHeaders(headers: IncomingHttpHeaders, method: string): void {
  for (const name of Object.keys(headers)) {
    if (name.startsWith("x-amz-") && !name.startsWith("x-amz-meta-") && !KNOWN.has(name)) throw new S3Error("NotImplemented", `Header ${name} is not implemented`);
  }
  const algorithm = headers["x-amz-sdk-checksum-algorithm"];
  if (algorithm !== undefined && algorithm !== "SHA256") throw new S3Error("NotImplemented", `Checksum algorithm ${String(algorithm)} is not implemented`);
  for (const name of ["if-modified-since", "if-unmodified-since", ...(method === "PUT" || method === "DELETE" ? ["if-match"] : [])]) {
    if (headers[name] !== undefined) throw new S3Error("NotImplemented", `Header ${name} is not implemented`);
  }
  if (method === "PUT" || method === "POST") {
    const condition = headers["if-none-match"];
    if (condition !== undefined && condition !== "*") throw new S3Error("NotImplemented", "If-None-Match is implemented for *");
  }
}

export interface WriteTraits {
  readonly headers: Record<string, string>;
  readonly tagCount: number;
  readonly lock: ObjectLock | null;
}

/** Reads what a PUT or CreateMultipartUpload says about the object. @throws {S3Error} */
export function readWriteTraits(headers: IncomingHttpHeaders, hasObjectLock: boolean): WriteTraits {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string" && (STORED.includes(name) || name.startsWith("x-amz-meta-"))) kept[name] = value;
  }
  if ((kept["content-encoding"] ?? "").includes("aws-chunked")) throw new S3Error("NotImplemented", "aws-chunked bodies are not implemented");
  const storageClass = headers["x-amz-storage-class"];
  if (typeof storageClass === "string") {
    if (!STORAGE_CLASSES.includes(storageClass)) throw new S3Error("InvalidStorageClass");
    if (storageClass !== "STANDARD") kept["x-amz-storage-class"] = storageClass;
  }
  const tagging = headers["x-amz-tagging"];
  const tags = typeof tagging === "string" ? [...new URLSearchParams(tagging).keys()] : [];
  if (tags.length > 10 || new Set(tags).size !== tags.length) throw new S3Error("InvalidArgument", "The tags are not valid");
  return { headers: kept, tagCount: tags.length, lock: readLock(headers, hasObjectLock) };
}

/** @throws {S3Error} InvalidArgument */
export function parseLock(mode: unknown, until: unknown): ObjectLock {
  if (mode !== "GOVERNANCE" && mode !== "COMPLIANCE") throw new S3Error("InvalidArgument", "Unknown Object Lock mode");
  const at = Date.parse(String(until));
  if (Number.isNaN(at) || at <= Date.now()) throw new S3Error("InvalidArgument", "The retain until date must be in the future");
  return { mode, retainUntil: new Date(at).toISOString() };
}

function readLock(headers: IncomingHttpHeaders, hasObjectLock: boolean): ObjectLock | null {
  const mode = headers["x-amz-object-lock-mode"];
  const until = headers["x-amz-object-lock-retain-until-date"];
  if (mode === undefined && until === undefined) return null;
  const lock = parseLock(mode, until);
  if (!hasObjectLock) throw new S3Error("InvalidRequest", "Bucket is missing Object Lock Configuration");
  if (headers["content-md5"] === undefined && headers["x-amz-checksum-sha256"] === undefined) {
    throw new S3Error("InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters");
  }
  return lock;
}

/** The headers that describe a stored object in an answer. */
export function describeVersion(version: ObjectVersion): Record<string, string> {
  const described: Record<string, string> = {
    "accept-ranges": "bytes",
    "content-type": "binary/octet-stream",
    etag: `"${version.etag}"`,
    "last-modified": new Date(version.lastModified).toUTCString(),
    ...version.headers,
  };
  if (version.versionId !== "null") described["x-amz-version-id"] = version.versionId;
  if (version.tagCount > 0) described["x-amz-tagging-count"] = String(version.tagCount);
  if (version.lock !== null) {
    described["x-amz-object-lock-mode"] = version.lock.mode;
    described["x-amz-object-lock-retain-until-date"] = version.lock.retainUntil;
  }
  return described;
}

/** First and last byte of a Range header, or null for the whole object. @throws {S3Error} InvalidRange */
export function readRange(header: string | undefined, bytes: number): { first: number; last: number } | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return null;
  if (match[1] === "") {
    const tail = Number(match[2]);
    if (tail === 0 || bytes === 0) throw new S3Error("InvalidRange");
    return { first: Math.max(0, bytes - tail), last: bytes - 1 };
  }
  const first = Number(match[1]);
  const last = match[2] === "" ? bytes - 1 : Math.min(Number(match[2]), bytes - 1);
  if (match[2] !== "" && Number(match[2]) < first) return null;
  if (first >= bytes) throw new S3Error("InvalidRange");
  return { first, last };
}
