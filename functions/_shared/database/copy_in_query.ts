import type { Connection, Submittable } from "pg";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { rejectedRows } from "./copy_in_rejection.ts";

const COPY_DATA = 0x64;
const HEADER_BYTES = 5;
/** CopyDone: no more rows. */
const COPY_DONE = Uint8Array.of(0x63, 0, 0, 0, 4);

/** Payload of one CopyData message. The server keeps a message whole in memory; much smaller ones cost more CPU each. */
const FRAME_BYTES = 128 * 1024;
/** Messages handed to the socket and not yet taken by the system: enough that it never runs dry, and a bound on copies in memory. */
const FRAMES_AHEAD = 4;

export interface CopyInQueryOptions {
  rows: number;
  subject: string;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * What pg wants a query to be: `submit` starts it, the handlers are called with the server's messages.
 *
 * Back-pressure is counted by the callbacks of write(). Pipes and 'drain' stall under Deno, callbacks do not.
 * Every write is a whole message, so that the stream stays valid wherever the copy ends.
 */
export class CopyInQuery implements Submittable {
  readonly #sql: string;
  readonly #text: Uint8Array;
  readonly #options: CopyInQueryOptions;
  #connection: Connection | undefined;
  #sent = 0;
  #ahead = 0;
  #settled = false;
  #done = false;
  #tag = "";

  constructor(sql: string, text: Uint8Array, options: CopyInQueryOptions) {
    this.#sql = sql;
    this.#text = text;
    this.#options = options;
  }

  submit(connection: Connection): undefined {
    this.#connection = connection;
    connection.once("end", this.#onEnd);
    connection.query(this.#sql);
    return undefined;
  }

  handleCopyInResponse(): void {
    this.#pump();
  }

  handleCommandComplete(message: { text: string }): void {
    this.#tag = message.text;
  }

  handleError(error: Error): void {
    // Only an error of the statement leaves a session behind. pg holds the next query back until ReadyForQuery.
    if ("severity" in error && error.severity === "ERROR") this.#reject(rejectedRows(error, this.#options.subject));
    else this.#rejectLost(error);
  }

  handleReadyForQuery(): void {
    const { rows, subject, resolve } = this.#options;
    if (this.#tag === `COPY ${rows}`) {
      if (this.#settle()) resolve();
      return;
    }
    this.#reject(new HoldfastError("HF505", `Cannot load ${subject}`, {
      detail: `${rows} rows were sent, the server ended with "${this.#tag}".`,
      hint: "Look for triggers of the table that drop rows; a role that may set session_replication_role silences them.",
    }));
  }

  // The tag shows that the statement was not a copy into a table; what it returns is of no interest.
  handleCopyData(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}

  readonly #pump = (): void => {
    const stream = this.#connection?.stream;
    while (stream !== undefined && !this.#settled && !this.#done && this.#ahead < FRAMES_AHEAD) {
      if (this.#sent === this.#text.length) {
        this.#done = true;
        stream.write(COPY_DONE);
        return;
      }
      const end = Math.min(this.#sent + FRAME_BYTES, this.#text.length);
      this.#ahead++;
      // A failed write ends the connection, and that is reported where the connection ends.
      stream.write(copyData(this.#text.subarray(this.#sent, end)), () => {
        this.#ahead--;
        this.#pump();
      });
      this.#sent = end;
    }
  };

  readonly #onEnd = (): void => this.#rejectLost(new Error("Connection terminated unexpectedly"));

  #rejectLost(cause: Error): void {
    this.#reject(new HoldfastError("HF104", "Database stopped answering during copy", {
      detail: `${this.#sent} of ${this.#text.length} bytes had been sent.`,
      hint: "Repeat the command: what is loaded stays, and it continues there.",
      cause,
    }));
  }

  #reject(error: HoldfastError): void {
    if (this.#settle()) this.#options.reject(error);
  }

  /** True for the first call only. From then on nothing is written any more. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#connection?.removeListener("end", this.#onEnd);
    return true;
  }
}

function copyData(payload: Uint8Array): Uint8Array {
  const message = new Uint8Array(HEADER_BYTES + payload.length);
  message[0] = COPY_DATA;
  new DataView(message.buffer).setUint32(1, payload.length + 4);
  message.set(payload, HEADER_BYTES);
  return message;
}
