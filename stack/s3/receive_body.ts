import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { S3Error } from "./s3_error.ts";

export interface ReceivedBody {
  readonly path: string;
  readonly bytes: number;
  readonly md5: Buffer;
}

/** Bytes written at once. Requests arrive in pieces of 64 KiB: one system call for each would cost more than hashing. */
const WRITE_BYTES = 1 << 20;

export interface BodyChecks {
  /** Hex SHA-256 that the signature covers; null when the payload is not signed. */
  readonly sha256: string | null;
  readonly bytesPerSecond: number | undefined;
}

/** @throws {S3Error} when the body is announced in a way this server does not read */
export function announcedLength(request: IncomingMessage): number {
  const length = request.headers["content-length"];
  if (length === undefined) throw new S3Error("MissingContentLength");
  return Number(length);
}

function verifyDigests(request: IncomingMessage, md5: Buffer, sha256: Buffer, signed: string | null): void {
  const wantedMd5 = request.headers["content-md5"];
  if (typeof wantedMd5 === "string") {
    const wanted = Buffer.from(wantedMd5, "base64");
    if (wanted.length !== 16) throw new S3Error("InvalidDigest");
    if (!wanted.equals(md5)) throw new S3Error("BadDigest");
  }
  const wantedChecksum = request.headers["x-amz-checksum-sha256"];
  if (typeof wantedChecksum === "string" && wantedChecksum !== sha256.toString("base64")) throw new S3Error("BadDigest");
  if (signed !== null && sha256.toString("hex") !== signed) throw new S3Error("XAmzContentSHA256Mismatch");
}

/**
 * Streams the body of a request to a file while hashing it. The caller owns the file.
 * @throws {S3Error} IncompleteBody, BadDigest, InvalidDigest, XAmzContentSHA256Mismatch; the file is removed then
 */
export async function receiveBody(request: IncomingMessage, path: string, checks: BodyChecks): Promise<ReceivedBody> {
  const announced = announcedLength(request);
  const md5 = createHash("md5");
  const sha256 = createHash("sha256");
  const file = await open(path, "w");
  let bytes = 0;
  try {
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    const flush = async (): Promise<void> => {
      if (pendingBytes === 0) return;
      const { bytesWritten } = await file.writev(pending);
      if (bytesWritten !== pendingBytes) throw new Error(`wrote ${bytesWritten} of ${pendingBytes} bytes`);
      pending = [];
      pendingBytes = 0;
    };
    for await (const piece of request) {
      const chunk: Buffer = piece;
      md5.update(chunk);
      sha256.update(chunk);
      bytes += chunk.length;
      pending.push(chunk);
      pendingBytes += chunk.length;
      if (pendingBytes >= WRITE_BYTES) await flush();
      if (checks.bytesPerSecond !== undefined) await sleep((chunk.length / checks.bytesPerSecond) * 1000);
    }
    await flush();
    if (bytes !== announced) throw new S3Error("IncompleteBody");
    const digest = md5.digest();
    verifyDigests(request, digest, sha256.digest(), checks.sha256);
    return { path, bytes, md5: digest };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Reads a small XML body into memory. */
export async function receiveText(request: IncomingMessage, checks: BodyChecks): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    const chunk: Buffer = piece;
    bytes += chunk.length;
    if (bytes > 2 << 20) throw new S3Error("MalformedXML", "The body is too large");
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  verifyDigests(request, createHash("md5").update(body).digest(), createHash("sha256").update(body).digest(), checks.sha256);
  return body.toString("utf8");
}
