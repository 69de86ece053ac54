import { PassThrough } from "node:stream";
import { EventEmitter } from "node:events";
import { Buffer } from "node:buffer";
import pg, { type Connection } from "pg";
import { expect, it } from "vitest";
import { CopyOutQuery } from "../../../../functions/_shared/database/copy_out_query.ts";

function message(type: string, body: string): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, "latin1");
  header.writeInt32BE(Buffer.byteLength(body) + 4, 1);
  return Buffer.concat([header, Buffer.from(body)]);
}

/** A connection whose server is the test: `socket.emit("data", …)` is what arrives. */
function arrange() {
  const socket = new PassThrough();
  const toPg: Buffer[] = [];
  const pgListener = (chunk: Buffer) => void toPg.push(Buffer.from(chunk));
  socket.on("data", pgListener);
  const connection = Object.assign(new EventEmitter(), { stream: socket, query: () => {} }) as unknown as Connection;
  const query = () => {
    let submitted: Error | undefined;
    const result = new Promise((resolve, reject) => {
      const copy = new CopyOutQuery(new pg.Client(), "copy t to stdout", { maxBytes: 100, initialBytes: 1, resolve, reject });
      submitted = copy.submit(connection);
      copy.handleCommandComplete({ text: "COPY 1" });
    });
    return { result, submitted };
  };
  return { socket, toPg, pgListener, query };
}

it("CopyOutQuery keeps the socket until a message that follows the end has come whole", async () => {
  const { socket, toPg, pgListener, query } = arrange();
  const { result, submitted } = query();
  expect(submitted).toBeUndefined();
  const notification = message("A", "0000channel\0payload\0");
  socket.emit("data", Buffer.concat([message("d", "row\n"), message("c", ""), message("Z", "I"), notification.subarray(0, 7)]));
  expect(socket.listeners("data")).not.toContain(pgListener);
  socket.emit("data", notification.subarray(7));
  expect(await result).toEqual({ rows: 1, hashSum: 0n, bytes: Uint8Array.from(Buffer.from("row\n")) });
  expect(socket.listeners("data")).toEqual([pgListener]);
  expect(Buffer.concat(toPg)).toEqual(Buffer.concat([message("c", ""), message("Z", "I"), notification]));
});

it("CopyOutQuery refuses a socket that another copy is reading", () => {
  const { query } = arrange();
  expect(query().submitted).toBeUndefined();
  expect(query().submitted).toBeInstanceOf(Error);
});

it("CopyOutQuery destroys a connection that sends what cannot be a message", () => {
  const { socket, query } = arrange();
  socket.on("error", () => {});
  query();
  socket.emit("data", Buffer.from([0x64, 0, 0, 0, 0]));
  expect(socket.destroyed).toBe(true);
});
