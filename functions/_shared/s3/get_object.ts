import { HoldfastError } from "../errors/holdfast_error.ts";
import { retry, TransientFailure } from "./retry.ts";
import { type CallOptions, limitsOf, type S3Session } from "./s3_session.ts";
import type { S3Request } from "./s3_transport.ts";
import { sha256Hex } from "./sha256_hex.ts";
import { readStoredObject, type StoredObject } from "./stored_object.ts";

export interface GetObjectOptions extends CallOptions {
  /** First byte and last byte, both included; without `last`, to the end. */
  readonly range?: { readonly first: number; readonly last?: number } | undefined;
  /** An object with more bytes than this is refused (HF209) before they are in memory. */
  readonly maxBytes?: number | undefined;
}

export interface ObjectStream {
  readonly object: StoredObject;
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

const getRequest = (key: string, range?: string): S3Request => ({
  method: "GET",
  key,
  action: `get object "${key}"`,
  ...(range === undefined ? {} : { headers: { range } }),
});

/**
 * Reads an object into memory. Where its writer recorded a SHA-256 and no range is asked for, the bytes are checked against it.
 * @throws {HoldfastError} HF201, HF202, HF203, HF204, HF206, HF207, HF208, HF209
 */
export async function getObject(session: S3Session, key: string, options: GetObjectOptions): Promise<Uint8Array<ArrayBuffer>> {
  const call = {
    ...getRequest(key, options.range === undefined ? undefined : `bytes=${options.range.first}-${options.range.last ?? ""}`),
    ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
  };
  return await retry(session.policy, options.signal, async (_attempt, remainingMs) => {
    const reply = await session.transport.exchange(call, limitsOf(session, remainingMs, options.signal));
    if (reply.failure !== null) throw session.transport.refusal(call, reply.failure);
    if (options.range !== undefined) {
      if (reply.status !== 206) {
        throw new HoldfastError("HF206", `Cannot ${call.action}: the server ignored the range`, { hint: "Use a server that supports range requests." });
      }
      return reply.body;
    }
    const { sha256 } = readStoredObject(key, reply.headers);
    const actual = sha256 === null ? null : await sha256Hex(reply.body);
    if (actual !== sha256) {
      // Damage on the way passes with a new attempt, damage at rest does not: the attempts tell which.
      throw new TransientFailure(new HoldfastError("HF207", `Cannot ${call.action}: its bytes are damaged`, {
        detail: `Recorded sha256 ${sha256}, read ${actual}.`,
        hint: "Restore from another run, and ask the storage provider about this object.",
      }));
    }
    return reply.body;
  });
}

/**
 * Reads an object as a stream. Opening is retried, and a connection lost half way is resumed at the byte where it broke,
 * on the same version of the object. The stream errors with HF207 when fewer bytes come than the object has; its hash is the reader's job.
 * @throws {HoldfastError} HF201, HF202, HF203, HF204, HF206, HF207, HF208
 */
export async function getObjectStream(session: S3Session, key: string, options: CallOptions): Promise<ObjectStream> {
  const open = (from: number, etag: string) =>
    retry(session.policy, options.signal, async (_attempt, remainingMs) => {
      const headers = from === 0 ? {} : { range: `bytes=${from}-`, "if-match": `"${etag}"` };
      const call = { ...getRequest(key), headers };
      const opened = await session.transport.open(call, limitsOf(session, remainingMs, options.signal));
      if ("reader" in opened) return opened;
      throw opened.failure === null
        ? new HoldfastError("HF207", `Cannot ${call.action}: the answer has no body`, { hint: "Try again." })
        : session.transport.refusal(call, opened.failure);
    });
  let source = await open(0, "");
  const object = readStoredObject(key, source.headers);
  let received = 0;
  let resumed = 0;

  async function next(): Promise<Uint8Array<ArrayBuffer> | null> {
    for (;;) {
      let idle: ReturnType<typeof setTimeout> | undefined;
      try {
        const stalled = new Promise<never>((_, reject) => {
          idle = setTimeout(() => reject(new Error("stalled")), session.timeoutMs);
        });
        const { done, value } = await Promise.race([source.reader.read(), stalled]);
        if (!done) return value;
        if (received === object.bytes) return null;
        throw new Error("ended early");
      } catch (cause) {
        source.abort(cause);
        options.signal?.throwIfAborted();
        if (++resumed >= session.policy.attempts || received > object.bytes) {
          throw new HoldfastError("HF207", `Cannot get object "${key}": the answer was cut off`, {
            detail: `Received ${received} of ${object.bytes} bytes in ${resumed} attempts.`,
            hint: "Try again; if it stays, look for a proxy between here and the storage.",
            cause,
          });
        }
        source = await open(received, object.etag);
      } finally {
        clearTimeout(idle);
      }
    }
  }

  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const chunk = await next();
      if (chunk === null) return controller.close();
      received += chunk.length;
      controller.enqueue(chunk);
    },
    cancel: (reason) => source.abort(reason),
  });
  return { object, stream };
}
