import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CopyFrames } from "../../../../functions/_shared/database/copy_frames.ts";

interface Message {
  type: string;
  body: Uint8Array;
}

function encode({ type, body }: Message): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 0, "latin1");
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

function feed(stream: Buffer, cuts: number[], maxBytes = Number.POSITIVE_INFINITY, initialBytes = 0) {
  const forwarded: Buffer[] = [];
  const frames = new CopyFrames({ maxBytes, initialBytes, forward: (message) => forwarded.push(Buffer.from(message)) });
  const edges = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
  for (let i = 1; i < edges.length; i++) frames.push(stream.subarray(edges[i - 1], edges[i]));
  return { frames, forwarded };
}

const body = fc.uint8Array({ maxLength: 40 });
const message: fc.Arbitrary<Message> = fc.record({
  type: fc.constantFrom("d", "d", "d", "H", "c", "C", "N", "S", "A", "E"),
  body,
});
const conversation = fc
  .array(message, { maxLength: 30 })
  .map((messages) => [...messages, { type: "Z", body: Uint8Array.of(0x49) }]);
const cuts = fc.array(fc.nat(), { maxLength: 60 });

describe("CopyFrames", () => {
  it("push() keeps every payload and forwards everything else, wherever the chunks are cut", () => {
    fc.assert(
      fc.property(conversation, cuts, fc.nat(64), (messages, where, initialBytes) => {
        const { frames, forwarded } = feed(Buffer.concat(messages.map(encode)), where, undefined, initialBytes);
        const rows = messages.filter(({ type }) => type === "d");
        expect(Buffer.from(frames.bytes)).toEqual(Buffer.concat(rows.map((row) => row.body)));
        expect(Buffer.concat(forwarded)).toEqual(Buffer.concat(messages.filter(({ type }) => type !== "d").map(encode)));
        expect(frames).toMatchObject({ messages: rows.length, ready: true, betweenMessages: true, overflowed: false });
        expect(frames.seen).toBe(frames.bytes.length);
      }),
      { numRuns: 500 },
    );
  });

  it("push() drops the payload above maxBytes and still forwards everything else", () => {
    fc.assert(
      fc.property(conversation, cuts, fc.nat(200), (messages, where, maxBytes) => {
        const { frames, forwarded } = feed(Buffer.concat(messages.map(encode)), where, maxBytes);
        const rows = messages.filter(({ type }) => type === "d");
        const size = rows.reduce((sum, row) => sum + row.body.length, 0);
        expect(frames.overflowed).toBe(size > maxBytes);
        expect(frames.seen).toBe(size);
        expect(frames.bytes.length).toBe(size > maxBytes ? 0 : size);
        expect(Buffer.concat(forwarded)).toEqual(Buffer.concat(messages.filter(({ type }) => type !== "d").map(encode)));
        expect(frames).toMatchObject({ ready: true, betweenMessages: true, messages: rows.length });
      }),
      { numRuns: 500 },
    );
  });

  it("push() keeps of a row what onRow() leaves, wherever the chunks are cut and in whatever memory", () => {
    fc.assert(
      fc.property(conversation, cuts, fc.nat(400), (messages, where, memory) => {
        const buffer = new Uint8Array(memory).fill(7);
        const frames = new CopyFrames({
          maxBytes: Infinity, initialBytes: 0, buffer, forward: () => undefined,
          onRow: (all, start, end) => {
            if (end > start) all[start] = 0x21;
            return Math.max(start, end - 2);
          },
        });
        const stream = Buffer.concat(messages.map(encode));
        const edges = [0, ...where.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
        for (let i = 1; i < edges.length; i++) frames.push(stream.subarray(edges[i - 1], edges[i]));
        const kept = messages.filter(({ type }) => type === "d").map((row) => {
          const left = Buffer.from(row.body).subarray(0, Math.max(0, row.body.length - 2));
          if (left.length > 0) left[0] = 0x21;
          return left;
        });
        expect(Buffer.from(frames.bytes)).toEqual(Buffer.concat(kept));
      }),
      { numRuns: 300 },
    );
  });

  it("push() gives up a row that is too large when it is announced", () => {
    const { frames } = feed(encode({ type: "d", body: new Uint8Array(1000) }).subarray(0, 5), [], 999);
    expect(frames).toMatchObject({ overflowed: true, seen: 1000, betweenMessages: false });
  });

  it("push() is not ready, nor between messages, in the middle of ReadyForQuery", () => {
    const { frames } = feed(encode({ type: "Z", body: Uint8Array.of(0x49) }).subarray(0, 5), []);
    expect(frames).toMatchObject({ ready: false, betweenMessages: false });
  });

  it("push() rejects an impossible length", () => {
    expect(() => feed(Buffer.from([0x64, 0, 0, 0, 3, 0]), [])).toThrow(RangeError);
  });
});
