import { HoldfastError } from "../errors/holdfast_error.ts";
import type { S3Config } from "./s3_config.ts";

const MAX_KEY_BYTES = 1024;

/** Percent-encodes everything but RFC 3986's unreserved characters, as Signature Version 4 wants it. */
export function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function encodeKey(key: string): string {
  const refuse = (reason: string): never => {
    throw new HoldfastError("HF206", `Cannot use object key ${JSON.stringify(key.slice(0, 200))}: ${reason}`, {
      hint: "Use a key of 1 to 1024 bytes without '.' or '..' as a path segment.",
    });
  };
  if (key === "") refuse("it is empty");
  // URL parsers resolve dot segments even when they are percent-encoded: the request would name another object.
  if (key.split("/").some((part) => part === "." || part === "..")) refuse("'.' and '..' cannot be sent as a path segment");
  if (new TextEncoder().encode(key).length > MAX_KEY_BYTES) refuse(`it is longer than ${MAX_KEY_BYTES} bytes`);
  if (/[\ud800-\udfff]/u.test(key)) refuse("it contains half a surrogate pair");
  return key.split("/").map(encodeRfc3986).join("/");
}

/**
 * The URL of the bucket, or of one object in it. Every character of the key arrives as it is.
 * @throws {HoldfastError} HF206 when a key cannot be expressed in a URL
 */
export function objectUrl(config: S3Config, key: string | null, query: Readonly<Record<string, string>> = {}): string {
  const base = new URL(config.endpoint);
  const path = key === null ? "" : encodeKey(key);
  const origin = config.pathStyle ? base.origin : `${base.protocol}//${config.bucket}.${base.host}`;
  const search = Object.entries(query)
    .map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`)
    .join("&");
  return `${origin}/${config.pathStyle ? `${config.bucket}/` : ""}${path}${search === "" ? "" : `?${search}`}`;
}
