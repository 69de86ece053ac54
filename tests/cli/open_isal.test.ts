import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { IsalStream, openIsal } from "../../cli/open_isal.ts";
import { HAS_ISAL } from "../support/has_isal.ts";

const TEXT = Buffer.from(Array.from({ length: 20_000 }, (_, n) => `${n}\tvisit\t${(n * 7919) % 1000}\n`).join(""));

function streamFor(bytes: number): IsalStream {
  const stream = new IsalStream();
  stream.output = new Uint8Array(bytes);
  return stream;
}

describe("openIsal()", () => {
  it("openIsal() fails where there is no such library, or one with other functions", async () => {
    await expect(openIsal("libholdfast-is-not-here.so")).rejects.toThrow(/shared library/);
    await expect(openIsal("libc.so.6")).rejects.toThrow(/isal_deflate_stateless_init/);
  });

  it.runIf(HAS_ISAL)("openIsal() makes a gzip member of which every other program makes the text again, with every window", async () => {
    const deflate = await openIsal();
    for (const windowBits of [9, 12, 13, 15]) {
      const stream = streamFor(TEXT.length);
      const length = await deflate(stream, TEXT, windowBits);
      expect(length).toBeLessThan(TEXT.length);
      expect(gunzipSync(stream.output.subarray(0, length ?? 0)).equals(TEXT)).toBe(true);
      expect(stream.output.subarray(length ?? 0).every((byte) => byte === 0)).toBe(true);
    }
  });

  it.runIf(HAS_ISAL)("openIsal() looks as far back as it is told", async () => {
    const deflate = await openIsal();
    const once = Buffer.from(randomBytes(3_000).toString("hex"));
    const distant = Buffer.concat(Array.from({ length: 20 }, () => once));
    const lengths = [];
    for (const windowBits of [12, 15]) lengths.push(await deflate(streamFor(2 * distant.length), distant, windowBits) ?? 0);
    // Four bits of each byte are random, and all of it comes again after 6,000 bytes.
    expect(lengths[0]).toBeGreaterThan(0.45 * distant.length);
    expect(lengths[1]).toBeLessThan(0.2 * distant.length);
  });

  it.runIf(HAS_ISAL)("openIsal() leaves the thread that asks free meanwhile", async () => {
    const deflate = await openIsal();
    const long = randomBytes(32 * 1024 * 1024);
    let turns = 0;
    const turn = () => { turns++; timer = setImmediate(turn); };
    let timer = setImmediate(turn);
    await deflate(streamFor(long.length + 100_000), long, 13);
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(10);
  });

  it.runIf(HAS_ISAL)("openIsal() takes a part of a larger memory and touches nothing around it", async () => {
    const deflate = await openIsal();
    const memory = new Uint8Array(100_000).fill(7);
    const stream = new IsalStream();
    stream.output = new Uint8Array(memory.buffer, 1_000, 50_000);
    const length = await deflate(stream, TEXT.subarray(333, 60_333), 13) ?? 0;
    expect(gunzipSync(stream.output.subarray(0, length)).equals(TEXT.subarray(333, 60_333))).toBe(true);
    expect([...memory.subarray(0, 1_000), ...memory.subarray(51_000)].every((byte) => byte === 7)).toBe(true);
  });

  it.runIf(HAS_ISAL)("openIsal() says when there is no room for the result, writes not one byte too many, and can be asked again", async () => {
    const deflate = await openIsal();
    const memory = new Uint8Array(2_000).fill(7);
    const stream = new IsalStream();
    stream.output = new Uint8Array(memory.buffer, 0, 1_000);
    expect(await deflate(stream, TEXT, 13)).toBeNull();
    expect(memory.subarray(1_000).every((byte) => byte === 7)).toBe(true);
    stream.output = new Uint8Array(TEXT.length);
    expect(gunzipSync(stream.output.subarray(0, await deflate(stream, TEXT, 13) ?? 0)).equals(TEXT)).toBe(true);
  });

  it.runIf(HAS_ISAL)("openIsal() throws what the library refuses, here a memory that is too small for its level", async () => {
    const stream = streamFor(TEXT.length);
    Object.assign(stream, { levelBuffer: new Uint8Array(10) });
    await expect((await openIsal())(stream, TEXT, 13)).rejects.toThrow("libisal.so.2 failed with -4");
  });
});
