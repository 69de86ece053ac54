import { compareUtf8, type ObjectStore, type ObjectVersion } from "./object_store.ts";
import { S3Error } from "./s3_error.ts";
import { xmlDocument } from "./xml.ts";

const MAX_KEYS = 1000;

/** Encodes as S3 does for encoding-type=url: slashes stay. */
const urlEncode = (text: string): string => encodeURIComponent(text).replaceAll("%2F", "/").replaceAll("%20", "+").replace(/[!'()]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

const encodeToken = (after: string): string => Buffer.from(after).toString("base64url");

function decodeToken(token: string): string {
  const after = Buffer.from(token, "base64url").toString("utf8");
  if (after === "" || encodeToken(after) !== token) throw new S3Error("InvalidArgument", "The continuation token is not valid");
  return after;
}

/** Index of the first key that is not before `text`. */
function lowerBound(keys: readonly string[], text: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareUtf8(keys[middle] ?? "", text) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * One page of ListObjectsV2 as XML.
 * @throws {S3Error}
 */
export function listPage(store: ObjectStore, bucket: string, query: URLSearchParams): string {
  const encodingType = query.get("encoding-type");
  if (encodingType !== null && encodingType !== "url") throw new S3Error("InvalidArgument", "Invalid encoding-type");
  const maxKeysText = query.get("max-keys") ?? String(MAX_KEYS);
  if (!/^\d+$/.test(maxKeysText)) throw new S3Error("InvalidArgument", "max-keys must be a number");
  const maxKeys = Math.min(Number(maxKeysText), MAX_KEYS);
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const token = query.get("continuation-token");
  const startAfter = query.get("start-after");
  const after = token === null ? startAfter : decodeToken(token);
  const encode = (text: string): string => (encodingType === "url" ? urlEncode(text) : text);

  const keys = store.keys(bucket);
  const contents: ObjectVersion[] = [];
  const commonPrefixes: string[] = [];
  let last = "";
  let isTruncated = false;
  const start = after === null || compareUtf8(after, prefix) < 0 ? prefix : after;
  for (let at = lowerBound(keys, start); at < keys.length; at++) {
    const key = keys[at] ?? "";
    if (!key.startsWith(prefix)) break;
    if (after !== null && compareUtf8(key, after) <= 0) continue;
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const group = cut < 0 ? null : key.slice(0, cut + delimiter.length);
    // A page that ended with a group continues behind everything in it.
    if (group !== null && (group === commonPrefixes.at(-1) || (token !== null && group === after))) continue;
    const version = store.current(bucket, key);
    if (version === null) continue;
    if (contents.length + commonPrefixes.length >= maxKeys) {
      isTruncated = maxKeys > 0;
      break;
    }
    last = group ?? key;
    if (group !== null) commonPrefixes.push(group);
    else contents.push(version);
  }
  return xmlDocument("ListBucketResult", {
    Name: bucket,
    Prefix: encode(prefix),
    Delimiter: delimiter === "" ? null : encode(delimiter),
    StartAfter: startAfter === null ? null : encode(startAfter),
    ContinuationToken: token,
    NextContinuationToken: isTruncated ? encodeToken(last) : null,
    MaxKeys: maxKeys,
    KeyCount: contents.length + commonPrefixes.length,
    EncodingType: encodingType,
    IsTruncated: isTruncated,
    Contents: contents.map((version) => ({
      Key: encode(version.key),
      LastModified: version.lastModified,
      ETag: `"${version.etag}"`,
      Size: version.bytes,
      StorageClass: version.headers["x-amz-storage-class"] ?? "STANDARD",
    })),
    CommonPrefixes: commonPrefixes.map((group) => ({ Prefix: encode(group) })),
  });
}
