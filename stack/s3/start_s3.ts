import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { ArchiveSettings } from "./archive.ts";
import { createFaults, type FaultRule, type Faults, parseFaultRule } from "./faults.ts";
import { MultipartUploads } from "./multipart_uploads.ts";
import { ObjectStore } from "./object_store.ts";
import { S3Error } from "./s3_error.ts";
import { handleS3Call, type S3State } from "./s3_handler.ts";
import { type Credentials, verifySignature } from "./signature.ts";
import { escapeXml } from "./xml.ts";

export interface S3Options {
  /** Everything is kept here and found again at the next start. */
  readonly dir: string;
  /** Default 0: any free port. */
  readonly port?: number;
  readonly host?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly region?: string;
  /** Made at start where they do not exist. */
  readonly buckets?: readonly (string | { readonly name: string; readonly objectLock: boolean })[];
  readonly archive?: Partial<ArchiveSettings>;
}

export interface RunningS3 extends Credentials {
  readonly endpoint: string;
  readonly faults: Faults;
  /** In force for what is asked from now on. */
  readonly archive: ArchiveSettings;
  stop(): Promise<void>;
}

/** Not a bucket name, so it cannot hide an object. A header that no web page may send without asking guards it. */
const ADMIN_PATH = "/_holdfast/faults";
const ADMIN_HEADER = "x-holdfast-admin";

function sendError(response: ServerResponse, method: string, error: { status: number; code: string; message: string }, requestId: string, retryAfter?: number): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = method === "HEAD" ? "" : `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${error.code}</Code><Message>${escapeXml(error.message)}</Message><RequestId>${requestId}</RequestId></Error>`;
  response.writeHead(error.status, {
    "content-type": "application/xml",
    "content-length": String(Buffer.byteLength(body)),
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
  });
  response.end(body);
}

async function handleAdmin(request: IncomingMessage, response: ServerResponse, faults: Faults): Promise<void> {
  const reply = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  if (request.headers[ADMIN_HEADER] === undefined) return reply(403, { message: `Header ${ADMIN_HEADER} is required` });
  if (request.method === "POST") {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    try {
      faults.add(parseFaultRule(JSON.parse(text)));
    } catch (error) {
      return reply(400, { message: error instanceof Error ? error.message : String(error) });
    }
  } else if (request.method === "DELETE") faults.clear();
  else if (request.method !== "GET") return reply(405, { message: "Use GET, POST or DELETE" });
  reply(200, faults.list());
}

/** Carries out a fault that replaces the work. Returns false when the work is still to be done. */
async function applyFault(fault: FaultRule, request: IncomingMessage): Promise<boolean> {
  if (fault.kind === "hang_up") {
    const half = Number(request.headers["content-length"] ?? 0) / 2;
    // Leaving a for await loop would end the connection in order, with the client none the wiser.
    await new Promise<void>((resolve) => {
      let received = 0;
      request.on("data", (chunk: Buffer) => {
        received += chunk.length;
        if (received >= half) resolve();
      });
      request.once("end", resolve).once("close", resolve);
    });
    request.socket.resetAndDestroy();
    return true;
  }
  if (fault.kind !== "status" && fault.kind !== "reset" && fault.kind !== "disk_full") {
    if (fault.delayMs !== undefined) await sleep(fault.delayMs);
    return false;
  }
  for await (const _ of request);
  if (fault.kind === "disk_full") throw new S3Error("XMinioStorageFull");
  if (fault.kind === "reset") request.socket.resetAndDestroy();
  return true;
}

/** The address of an object, percent-decoded. @throws {S3Error} InvalidURI */
function parsePath(rawPath: string): { bucket: string; key: string } {
  const [, bucket = "", rawKey = ""] = /^\/([^/]*)\/?([\s\S]*)$/.exec(rawPath) ?? [];
  try {
    return { bucket: decodeURIComponent(bucket), key: decodeURIComponent(rawKey) };
  } catch {
    throw new S3Error("InvalidURI");
  }
}

/**
 * Starts an S3 server on files: path style, Signature Version 4 checked, for one key. What it does not implement it refuses.
 * Faults can be set in the process (`faults`) or over HTTP (`/_holdfast/faults`, header `x-holdfast-admin`).
 */
export async function startS3(options: S3Options): Promise<RunningS3> {
  const host = options.host ?? "127.0.0.1";
  const credentials: Credentials = {
    accessKeyId: options.accessKeyId ?? "holdfast",
    secretAccessKey: options.secretAccessKey ?? "holdfast-local-secret",
    region: options.region ?? "us-east-1",
  };
  const store = new ObjectStore(options.dir);
  const archive: ArchiveSettings = { thawMs: 2_000, dayMs: 86_400_000, ...options.archive };
  const state: S3State = { store, uploads: new MultipartUploads(store), archive };
  for (const bucket of options.buckets ?? []) {
    const { name, objectLock } = typeof bucket === "string" ? { name: bucket, objectLock: false } : bucket;
    if (!store.hasBucket(name)) store.createBucket(name, objectLock);
  }
  const faults = createFaults();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [rawPath = "/", rawQuery = ""] = (request.url ?? "/").split(/\?(.*)/s, 2);
    if (rawPath === ADMIN_PATH) return await handleAdmin(request, response, faults);
    const requestId = randomBytes(8).toString("hex").toUpperCase();
    response.setHeader("x-amz-request-id", requestId);
    const method = request.method ?? "";
    try {
      const { bucket, key } = parsePath(rawPath);
      const sha256 = verifySignature(request, rawPath, rawQuery, credentials);
      if (bucket === "") throw new S3Error("NotImplemented", "ListBuckets is not implemented");
      const fault = faults.take(method, key);
      if (fault !== null && (await applyFault(fault, request))) {
        if (fault.kind === "status") sendError(response, method, { status: fault.status ?? 500, code: fault.code ?? "InternalError", message: "Injected fault" }, requestId, fault.retryAfter);
        return;
      }
      if (fault?.kind === "reset_after") {
        // The work is done against a response that reaches nobody.
        response.write = () => true;
        response.writeHead = () => response;
        const { socket } = request;
        response.end = () => {
          socket.resetAndDestroy();
          return response;
        };
      }
      await handleS3Call(state, { request, response, bucket, key, query: new URLSearchParams(rawQuery), checks: { sha256, bytesPerSecond: fault?.bytesPerSecond }, fault });
    } catch (error) {
      if (error instanceof S3Error) {
        // What is left of the body is read, or the client would see a cut connection instead of the reason.
        if (!request.readableEnded && !request.destroyed) request.resume();
        return sendError(response, method, error, requestId);
      }
      if (request.destroyed && !request.complete) return;
      sendError(response, method, new S3Error("InternalError", error instanceof Error ? error.message : String(error)), requestId);
    }
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  // A worker may think for a while between two chunks; a connection that closes just then costs it a retry.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("server has no port");
  return {
    ...credentials,
    endpoint: `http://${host}:${address.port}`,
    faults,
    archive,
    stop: () =>
      new Promise<void>((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}
