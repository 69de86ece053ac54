import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { S3Error } from "./s3_error.ts";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

const MAX_SKEW_MS = 15 * 60_000;
const UNSIGNED = "UNSIGNED-PAYLOAD";

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error("InvalidURI");
  }
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

interface Claim {
  readonly credential: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly date: string;
  readonly payloadHash: string;
}

function headerClaim(request: IncomingMessage): Claim {
  const header = request.headers.authorization;
  if (header === undefined) throw new S3Error("AccessDenied", "Anonymous requests are not allowed");
  const match = /^AWS4-HMAC-SHA256 Credential=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/.exec(header);
  if (match === null) throw new S3Error("AuthorizationHeaderMalformed");
  const payloadHash = request.headers["x-amz-content-sha256"];
  if (typeof payloadHash !== "string") throw new S3Error("InvalidRequest", "Missing required header: x-amz-content-sha256");
  if (payloadHash.startsWith("STREAMING-")) throw new S3Error("NotImplemented", "aws-chunked bodies are not implemented");
  if (payloadHash !== UNSIGNED && !/^[0-9a-f]{64}$/.test(payloadHash)) throw new S3Error("InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a hex SHA-256");
  const date = request.headers["x-amz-date"];
  return { credential: match[1] ?? "", signedHeaders: (match[2] ?? "").split(";"), signature: match[3] ?? "", date: typeof date === "string" ? date : "", payloadHash };
}

function queryClaim(query: URLSearchParams): Claim {
  if (query.get("X-Amz-Algorithm") !== "AWS4-HMAC-SHA256") throw new S3Error("AccessDenied", "Unknown signing algorithm");
  return {
    credential: query.get("X-Amz-Credential") ?? "",
    signedHeaders: (query.get("X-Amz-SignedHeaders") ?? "").split(";"),
    signature: query.get("X-Amz-Signature") ?? "",
    date: query.get("X-Amz-Date") ?? "",
    payloadHash: UNSIGNED,
  };
}

function parseDate(date: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (match === null) throw new S3Error("AccessDenied", "A valid x-amz-date is required");
  return Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]), Number(match[4]), Number(match[5]), Number(match[6]));
}

function canonicalQuery(raw: string): string {
  return raw
    .split("&")
    .filter((pair) => pair !== "" && !pair.startsWith("X-Amz-Signature="))
    // Form encoding writes a space as "+"; a literal plus always arrives escaped.
    .map((pair) => pair.replaceAll("+", " "))
    .map((pair): [string, string] => {
      const at = pair.indexOf("=");
      return at < 0 ? [encode(decode(pair)), ""] : [encode(decode(pair.slice(0, at))), encode(decode(pair.slice(at + 1)))];
    })
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/**
 * Checks a Signature Version 4, in the authorization header or (GET and HEAD only) in the query.
 * @returns the SHA-256 the body must have, or null when the payload is not signed
 * @throws {S3Error}
 */
export function verifySignature(request: IncomingMessage, rawPath: string, rawQuery: string, credentials: Credentials): string | null {
  const query = new URLSearchParams(rawQuery);
  const isPresigned = query.has("X-Amz-Signature");
  if (isPresigned && request.method !== "GET" && request.method !== "HEAD") throw new S3Error("NotImplemented", "Presigned URLs are implemented for GET and HEAD");
  const claim = isPresigned ? queryClaim(query) : headerClaim(request);

  const [accessKeyId, day, region, service, terminator] = claim.credential.split("/");
  if (accessKeyId !== credentials.accessKeyId) throw new S3Error("InvalidAccessKeyId");
  if (request.headers["x-amz-security-token"] !== undefined || query.has("X-Amz-Security-Token")) throw new S3Error("InvalidToken");
  if (service !== "s3" || terminator !== "aws4_request" || day !== claim.date.slice(0, 8)) throw new S3Error("AuthorizationHeaderMalformed");
  if (region !== credentials.region) throw new S3Error("AuthorizationHeaderMalformed", `The region '${region}' is wrong; expecting '${credentials.region}'`);

  const age = Date.now() - parseDate(claim.date);
  if (isPresigned) {
    const lifetime = Number(query.get("X-Amz-Expires"));
    if (!(lifetime >= 1 && lifetime <= 604_800)) throw new S3Error("AccessDenied", "X-Amz-Expires must be 1 to 604800 seconds");
    if (age > lifetime * 1000) throw new S3Error("AccessDenied", "Request has expired");
    if (age < -MAX_SKEW_MS) throw new S3Error("RequestTimeTooSkewed");
  } else if (Math.abs(age) > MAX_SKEW_MS) {
    throw new S3Error("RequestTimeTooSkewed");
  }
  const mustSign = ["host", ...Object.keys(request.headers).filter((name) => name.startsWith("x-amz-"))];
  const unsigned = mustSign.filter((name) => !claim.signedHeaders.includes(name) && !(isPresigned && name === "x-amz-content-sha256"));
  if (unsigned.length > 0) throw new S3Error("AccessDenied", `There were headers present in the request which were not signed: ${unsigned.join(", ")}`);

  const canonical = [
    request.method,
    encode(decode(rawPath)).replaceAll("%2F", "/"),
    canonicalQuery(rawQuery),
    ...claim.signedHeaders.map((name) => `${name}:${String(request.headers[name] ?? "").trim().replace(/\s+/g, " ")}`),
    "",
    claim.signedHeaders.join(";"),
    claim.payloadHash,
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const stringToSign = ["AWS4-HMAC-SHA256", claim.date, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const key = [region, "s3", "aws4_request"].reduce((at, text) => hmac(at, text), hmac(`AWS4${credentials.secretAccessKey}`, day ?? ""));
  const expected = hmac(key, stringToSign);
  const actual = Buffer.from(claim.signature, "hex");
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) throw new S3Error("SignatureDoesNotMatch");
  return claim.payloadHash === UNSIGNED ? null : claim.payloadHash;
}
