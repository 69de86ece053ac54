import { Buffer } from "node:buffer";
import type { Client, Connection, Submittable } from "pg";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { CopyFrames } from "./copy_frames.ts";
import type { CopiedRows } from "./copy_out.ts";
import { RowHashes } from "./row_hashes.ts";
import { sendCancelRequest } from "./send_cancel_request.ts";

/** CopyFail with an empty reason: the answer to a statement that wants rows instead of sending them. */
const COPY_FAIL = Uint8Array.of(0x66, 0, 0, 0, 5, 0);

export interface CopyOutQueryOptions {
  maxBytes: number;
  initialBytes: number;
  buffer?: Uint8Array | undefined;
  hashed?: boolean;
  resolve: (copied: CopiedRows) => void;
  reject: (error: unknown) => void;
}

type Listener = (chunk: Buffer) => void;

/** Sockets that have an interceptor: a second one would see the first one's leftovers only. */
const intercepted = new WeakSet<object>();

/**
 * What pg wants a query to be: `submit` starts it, the handlers are called with the server's messages.
 *
 * It takes the place of pg's listener on the socket and keeps the payload, before pg makes an object and an event of
 * every row. All other messages are handed on to pg, so that pg's state stays right whatever happens.
 * There is no back-pressure: the socket is never paused, as pausing it stalls under Deno.
 */
export class CopyOutQuery implements Submittable {
  readonly #client: Client;
  readonly #sql: string;
  readonly #options: CopyOutQueryOptions;
  readonly #frames: CopyFrames;
  readonly #hashes = new RowHashes();
  #connection: Connection | undefined;
  #pgListener: Listener = () => {};
  #cancelled: Promise<void> | undefined;
  #failure: Error | undefined;
  #tag = "";

  constructor(client: Client, sql: string, options: CopyOutQueryOptions) {
    this.#client = client;
    this.#sql = sql;
    this.#options = options;
    this.#frames = new CopyFrames({
      maxBytes: options.maxBytes,
      initialBytes: options.initialBytes,
      buffer: options.buffer,
      onRow: options.hashed === true ? (buffer, start, end) => this.#hashes.take(buffer, start, end) : undefined,
      // pg's parser reads integers with Buffer's methods.
      forward: ({ buffer, byteOffset, byteLength }) => this.#pgListener(Buffer.from(buffer, byteOffset, byteLength)),
    });
  }

  submit(connection: Connection): Error | undefined {
    const { stream } = connection;
    const [pgListener, ...others] = stream.listeners("data");
    if (!isListener(pgListener) || others.length > 0 || intercepted.has(stream)) {
      return new Error("copyOut() needs a client that is not running anything else");
    }
    this.#connection = connection;
    this.#pgListener = pgListener;
    intercepted.add(stream);
    // The new listener first: a socket without any would drop or pause.
    stream.on("data", this.#intercept);
    stream.removeListener("data", pgListener);
    connection.once("end", this.#onEnd);
    connection.query(this.#sql);
    return undefined;
  }

  handleCommandComplete(message: { text: string }): void {
    this.#tag = message.text;
  }

  handleError(error: Error): void {
    this.#failure ??= error;
    // Only an error of the statement is followed by ReadyForQuery, where it is reported.
    if (!("severity" in error) || error.severity !== "ERROR") this.#rejectLost(error);
  }

  handleCopyInResponse(connection: Connection): void {
    connection.stream.write(COPY_FAIL);
  }

  // The tag shows that the statement was not a copy; its rows are of no interest.
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleReadyForQuery(): void {}

  readonly #onEnd = (): void => this.#rejectLost(this.#failure ?? new Error("Connection terminated unexpectedly"));

  readonly #intercept = (chunk: Buffer): void => {
    const frames = this.#frames;
    try {
      frames.push(chunk);
    } catch (error) {
      // Where the next message starts is unknown now, so the connection is of no more use.
      this.#connection?.stream.destroy(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (frames.overflowed && !frames.ready) this.#cancelled ??= sendCancelRequest(this.#client);
    // The chunk may end inside a message that follows the end of the query: pg has to get that message whole.
    if (!frames.ready || !frames.betweenMessages) return;
    this.#detach();
    if (this.#cancelled === undefined) this.#settle();
    // Until the server has dealt with the cancel request, it could still hit the next query.
    else void this.#cancelled.then(() => this.#settle());
  };

  #detach(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    connection.removeListener("end", this.#onEnd);
    connection.stream.on("data", this.#pgListener);
    connection.stream.removeListener("data", this.#intercept);
    intercepted.delete(connection.stream);
  }

  #settle(): void {
    const { resolve, reject, maxBytes } = this.#options;
    const { overflowed, seen, messages, bytes } = this.#frames;
    if (overflowed) reject(tooLarge(seen, maxBytes, this.#failure));
    else if (this.#failure !== undefined) reject(this.#failure);
    else if (this.#tag === `COPY ${messages}`) resolve({ bytes, rows: messages, hashSum: this.#hashes.sum });
    else reject(wrongCount(this.#tag, messages));
  }

  #rejectLost(cause: Error): void {
    const detail = `${this.#frames.seen} bytes had been received.`;
    this.#options.reject(new HoldfastError("HF104", "Database stopped answering during copy", { detail, cause }));
  }
}

function isListener(value: unknown): value is Listener {
  return typeof value === "function";
}

function tooLarge(seen: number, maxBytes: number, cause: Error | undefined): HoldfastError {
  return new HoldfastError("HF303", "Copied rows do not fit into the memory allowed", {
    detail: `At least ${seen} bytes were sent, the limit is ${maxBytes}.`,
    hint: "Copy fewer rows at a time, or copy this table with the command line, which has no such limit.",
    cause,
  });
}

function wrongCount(tag: string, messages: number): HoldfastError {
  return new HoldfastError("HF304", "Server does not confirm the rows it sent", {
    detail: `${messages} rows were received, the server ended with "${tag}".`,
    hint: "Copy in text format without a header, and check the connection for a proxy that changes messages.",
  });
}
