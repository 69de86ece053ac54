import type { ErrorCode } from "../errors/catalogue.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { S3Config } from "./s3_config.ts";
import { xmlText } from "./xml_text.ts";

/** What a server said when it did not do what was asked. */
export interface S3Failure {
  readonly status: number;
  /** The S3 error code, or "" where the answer has no body (HEAD). */
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
  readonly retryAfterMs: number | undefined;
  /** Server time minus local time; undefined when the server sent no date. */
  readonly skewMs: number | undefined;
}

/** Codes that a server sends with a status that would otherwise be final. */
const TRANSIENT_CODES = new Set(["SlowDown", "RequestTimeout", "ServiceUnavailable", "InternalError", "Throttling", "ThrottlingException", "TooManyRequests", "OperationAborted", "ConditionalRequestConflict"]);
const TRANSIENT_STATUS = new Set([429, 500, 502, 503, 504]);
/** Names under which AWS, Ceph, MinIO and other servers report that nothing more fits. */
const FULL_CODES = new Set(["QuotaExceeded", "InsufficientCapacity", "InsufficientStorage", "InsufficientStorageSpace", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "StorageFull", "NoSpaceLeft"]);
const DENIED_CODES = new Set(["AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired", "AccountProblem", "AllAccessDisabled", "NotSignedUp", "Unauthorized"]);
const DAMAGED_CODES = new Set(["XAmzContentSHA256Mismatch", "BadDigest", "InvalidDigest", "IncompleteBody"]);
const REGION_CODES = new Set(["PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"]);
/** Sent with 503 and not meant to be tried again at once: there is no capacity for this retrieval tier. */
const NO_CAPACITY = "GlacierExpeditedRetrievalNotAvailable";
/** S3 refuses requests whose date is further away than this. */
const MAX_SKEW_MS = 15 * 60_000;

function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Reads an answer that is not a success. */
export function readFailure(status: number, headers: Headers, body: Uint8Array, now: number): S3Failure {
  const xml = new TextDecoder().decode(body.subarray(0, 65_536));
  const date = Date.parse(headers.get("date") ?? "");
  return {
    status,
    code: xmlText(xml, "Code") ?? "",
    message: (xmlText(xml, "Message") ?? "").slice(0, 300),
    requestId: headers.get("x-amz-request-id") ?? xmlText(xml, "RequestId") ?? "",
    retryAfterMs: retryAfter(headers.get("retry-after"), now),
    skewMs: Number.isNaN(date) ? undefined : date - now,
  };
}

export function isTransient(failure: S3Failure): boolean {
  if (FULL_CODES.has(failure.code) || failure.code === NO_CAPACITY) return false;
  return TRANSIENT_STATUS.has(failure.status) || TRANSIENT_CODES.has(failure.code);
}

function codeOf({ status, code, skewMs }: S3Failure): ErrorCode {
  if (code === "RequestTimeTooSkewed") return "HF208";
  if (code === "NoSuchBucket") return "HF201";
  if (code === "InvalidObjectState") return "HF603";
  if (code === NO_CAPACITY) return "HF605";
  if (FULL_CODES.has(code) || status === 507) return "HF206";
  if (DAMAGED_CODES.has(code)) return "HF207";
  if (REGION_CODES.has(code)) return "HF206";
  if (DENIED_CODES.has(code) || status === 401 || status === 403) {
    // A HEAD answer has no body, so a wrong clock looks like a wrong key; the date header tells them apart.
    return code === "" && skewMs !== undefined && Math.abs(skewMs) > MAX_SKEW_MS ? "HF208" : "HF202";
  }
  return status === 404 ? "HF204" : "HF206";
}

function explain(failure: S3Failure, code: ErrorCode, config: S3Config): { message: string; hint: string } {
  const bucket = `bucket "${config.bucket}"`;
  if (code === "HF208") {
    const seconds = failure.skewMs === undefined ? "an unknown time" : `${Math.round(Math.abs(failure.skewMs) / 1000)} s`;
    const direction = (failure.skewMs ?? 0) > 0 ? "behind" : "ahead of";
    return { message: `the local clock is ${seconds} ${direction} the server`, hint: "Set the clock of this machine (NTP); requests are accepted within 15 minutes of the server's time." };
  }
  if (code === "HF201") return { message: `${bucket} does not exist`, hint: "Create the bucket, or correct HOLDFAST_S3_BUCKET and HOLDFAST_S3_ENDPOINT." };
  if (code === "HF603") return { message: "it is archived and cannot be read until it is thawed", hint: "holdfast restore, drill and verify-key ask the storage for it with --thaw. Or restore from a run that is not archived." };
  if (code === "HF605") return { message: "the storage has no capacity for expedited retrievals at the moment", hint: "Try again later, use --thaw-tier Standard, or buy provisioned capacity from the provider." };
  if (code === "HF202") {
    if (failure.code === "SignatureDoesNotMatch") return { message: "the secret key does not fit the access key", hint: "Set HOLDFAST_S3_SECRET_ACCESS_KEY to the secret of HOLDFAST_S3_ACCESS_KEY_ID." };
    if (failure.code === "InvalidAccessKeyId") return { message: "the access key is not known to the server", hint: "Check HOLDFAST_S3_ACCESS_KEY_ID and that HOLDFAST_S3_ENDPOINT is the service that issued it." };
    if (failure.code.includes("Token")) return { message: "the session token is not valid any more", hint: "Renew the temporary key and set HOLDFAST_S3_SESSION_TOKEN." };
    return { message: `access to ${bucket} is denied`, hint: "Check that the policy of the key allows this action, and that no Object Lock retention holds the object." };
  }
  if (code === "HF204") return { message: "it does not exist", hint: "List the bucket: the object was deleted, expired, or never written." };
  if (code === "HF207") return { message: "the bytes that arrived are not the bytes that were sent", hint: "Try again; if it stays, something between here and the storage changes the data." };
  if (FULL_CODES.has(failure.code) || failure.status === 507) return { message: "no space or quota is left", hint: "Free space, raise the quota, or shorten the retention." };
  if (REGION_CODES.has(failure.code)) return { message: `${bucket} is in another region`, hint: "Set HOLDFAST_S3_REGION and HOLDFAST_S3_ENDPOINT to the region of the bucket." };
  return { message: failure.message === "" ? "the server refused the request" : failure.message, hint: "Look up the S3 error code in the documentation of the storage provider." };
}

/** The facts of an answer, safe to log: status, S3 error code and request id. */
export function failureDetail(failure: S3Failure): string {
  const parts = [`status ${failure.status}`];
  if (failure.code !== "") parts.push(`S3 error ${failure.code}`);
  if (failure.requestId !== "") parts.push(`request id ${failure.requestId}`);
  return `${parts.join(", ")}.`.replace(/^s/, "S");
}

/** Translates a refusal. `action` completes "Cannot …", such as `put object "a/b"`. */
export function toHoldfastError(action: string, failure: S3Failure, config: S3Config): HoldfastError {
  const code = isTransient(failure) ? "HF203" : codeOf(failure);
  const { message, hint } = code === "HF203"
    ? { message: "object storage is unavailable", hint: "Try again later; see the status page of the storage provider." }
    : explain(failure, code, config);
  return new HoldfastError(code, `Cannot ${action}: ${message}`, { detail: failureDetail(failure), hint });
}
