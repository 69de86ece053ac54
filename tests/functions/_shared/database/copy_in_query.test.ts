import { EventEmitter } from "node:events";
import type { Connection } from "pg";
import { describe, expect, it } from "vitest";
import { CopyInQuery } from "../../../../functions/_shared/database/copy_in_query.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";

/** A connection whose socket takes writes when the test says so. */
class StubConnection extends EventEmitter {
  readonly written: Uint8Array[] = [];
  readonly waiting: (() => void)[] = [];
  readonly stream = {
    write: (bytes: Uint8Array, taken?: () => void) => {
      this.written.push(bytes);
      if (taken !== undefined) this.waiting.push(taken);
      return false;
    },
  };
  query(): void {}
}

function started(text: Uint8Array, rows = 1): { stub: StubConnection; query: CopyInQuery; outcome: Promise<unknown> } {
  const stub = new StubConnection();
  let settle: (outcome: unknown) => void = () => undefined;
  const outcome = new Promise<unknown>((resolve) => {
    settle = resolve;
  });
  const query = new CopyInQuery("copy t from stdin", text, {
    rows, subject: "table t", resolve: () => settle("resolved"), reject: (error) => settle(error instanceof HoldfastError ? error.code : error),
  });
  // The stub has what the query uses of a connection.
  query.submit(stub as unknown as Connection);
  return { stub, query, outcome };
}

const payload = (messages: readonly Uint8Array[]): number => messages.filter((one) => one[0] === 0x64).reduce((sum, one) => sum + one.length - 5, 0);

describe("CopyInQuery", () => {
  it("CopyInQuery sends nothing before the server asks", () => {
    expect(started(new Uint8Array(10)).stub.written).toEqual([]);
  });

  it("CopyInQuery keeps at most half a MiB ahead of the socket and goes on when it is taken", async () => {
    const { stub, query, outcome } = started(new Uint8Array(3_000_000));
    query.handleCopyInResponse();
    expect(payload(stub.written)).toBe(4 * 131_072);
    while (stub.waiting.length > 0) stub.waiting.shift()?.();
    expect(payload(stub.written)).toBe(3_000_000);
    expect(stub.written.filter((one) => one[0] === 0x63)).toEqual([Uint8Array.of(0x63, 0, 0, 0, 4)]);
    expect(stub.written.at(-1)?.[0]).toBe(0x63);
    query.handleCommandComplete({ text: "COPY 1" });
    query.handleReadyForQuery();
    expect(await outcome).toBe("resolved");
    expect(stub.listenerCount("end")).toBe(0);
  });

  it("CopyInQuery writes nothing more after the server has said no or the connection has ended", async () => {
    const refused = started(new Uint8Array(3_000_000));
    refused.query.handleCopyInResponse();
    refused.query.handleError(Object.assign(new Error("x"), { severity: "ERROR", code: "23505" }));
    const lost = started(new Uint8Array(3_000_000));
    lost.query.handleCopyInResponse();
    lost.stub.emit("end");
    for (const { stub } of [refused, lost]) {
      while (stub.waiting.length > 0) stub.waiting.shift()?.();
      expect(payload(stub.written)).toBe(4 * 131_072);
    }
    expect([await refused.outcome, await lost.outcome]).toEqual(["HF505", "HF104"]);
  });

  it("CopyInQuery takes an error that ends the session for a lost connection", async () => {
    for (const error of [Object.assign(new Error("x"), { severity: "FATAL", code: "57P01" }), new Error("Connection terminated")]) {
      const { query, outcome } = started(new Uint8Array(10));
      query.handleError(error);
      expect(await outcome).toBe("HF104");
    }
  });
});
