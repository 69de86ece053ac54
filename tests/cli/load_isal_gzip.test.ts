import { randomBytes } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadIsalGzip } from "../../cli/load_isal_gzip.ts";
import type { IsalDeflate } from "../../cli/open_isal.ts";
import type { Compress } from "../../functions/_shared/export/compress.ts";
import { HAS_ISAL } from "../support/has_isal.ts";

const MIB = 1024 * 1024;
const rows = (bytes: number): Buffer => Buffer.from(Array.from({ length: Math.ceil(bytes / 20) }, (_, n) => `${n}\tvisit\t${(n * 7919) % 100_000}\n`).join("")).subarray(0, bytes);

/** Calls of the library before it is used: one for each window. */
const PROBES = 2;

/** RFC 1952: the operating system that a gzip member names. ISA-L does not know its own. */
const madeBy = (packed: Uint8Array): string => (packed[9] === 255 ? "isal" : "zlib");

/** Stands in for the library: what it writes is zlib's, or broken. */
function standIn(change: (packed: Buffer, call: number) => Buffer | Error): () => Promise<IsalDeflate> {
  let calls = 0;
  return async () => async (stream, bytes) => {
    const packed = change(gzipSync(bytes), calls++);
    if (packed instanceof Error) throw packed;
    if (packed.length > stream.output.length) return null;
    stream.output.set(packed);
    return packed.length;
  };
}

async function load(open?: () => Promise<IsalDeflate>): Promise<Compress> {
  const compress = await loadIsalGzip(open);
  if (compress === null) throw new Error("not loaded");
  return compress;
}

describe("loadIsalGzip()", () => {
  it("loadIsalGzip() is null where the library cannot be opened, throws, or gives back something else", async () => {
    expect(await loadIsalGzip(async () => { throw new Error("not here"); })).toBeNull();
    expect(await loadIsalGzip(standIn(() => new Error("refused")))).toBeNull();
    expect(await loadIsalGzip(standIn((packed) => packed.fill(0, 100, 120)))).toBeNull();
    expect(await loadIsalGzip(standIn(() => gzipSync("another text")))).toBeNull();
    expect(await loadIsalGzip(standIn((packed) => Buffer.concat([packed, gzipSync("and more")])))).toBeNull();
  });

  it("loadIsalGzip() leaves to zlib what the library fails on, and uses it again for the next text", async () => {
    const compress = await load(standIn((packed, call) => {
      packed[9] = 255;
      return call === PROBES ? new Error("refused") : packed;
    }));
    const text = rows(MIB);
    const packed = [await compress(text, 20), await compress(text, 20)];
    expect(packed.map(madeBy)).toEqual(["zlib", "isal"]);
    for (const one of packed) expect(gunzipSync(one).equals(text)).toBe(true);
  });

  it("loadIsalGzip() asks about both windows before it uses the library", async () => {
    const windows: number[] = [];
    const open = async (): Promise<IsalDeflate> => async (stream, bytes, windowBits) => {
      windows.push(windowBits);
      const packed = gzipSync(windowBits === 15 ? "another text" : bytes);
      stream.output.set(packed);
      return packed.length;
    };
    expect(await loadIsalGzip(open)).toBeNull();
    expect(windows).toEqual([13, 15]);
  });

  it("loadIsalGzip() unpacks the first rows of a kind, and never uses a library again that spoils them", async () => {
    let calls = 0;
    const compress = await load(standIn((packed, call) => {
      calls++;
      packed[9] = 255;
      return call < PROBES ? packed : packed.fill(0, 1_000, 1_020);
    }));
    const text = rows(2 * MIB);
    for (const rowBytes of [20, 20, 5_000]) {
      const packed = await compress(text, rowBytes);
      expect([madeBy(packed), gunzipSync(packed).equals(text)]).toEqual(["zlib", true]);
    }
    expect(calls).toBe(PROBES + 1);
  });

  it("loadIsalGzip() leaves short texts to zlib", async () => {
    const compress = await load(standIn((packed, call) => (call < PROBES ? packed : new Error("asked"))));
    for (const bytes of [0, 1, 65_535]) expect(gunzipSync(await compress(rows(bytes))).equals(rows(bytes))).toBe(true);
  });

  it.runIf(HAS_ISAL)("loadIsalGzip() packs rows, long and short ones, to about the size that zlib reaches", async () => {
    const compress = await load();
    const text = rows(8 * MIB);
    for (const rowBytes of [20, 5_000, undefined]) {
      const packed = await compress(text, rowBytes);
      expect(madeBy(packed)).toBe("isal");
      expect(gunzipSync(packed).equals(text)).toBe(true);
      expect(packed.byteLength).toBeLessThan(1.15 * gzipSync(text, { level: 1 }).byteLength);
      expect(packed.buffer.byteLength).toBe(packed.byteLength); // holds no more memory than it is long
    }
  });

  it.runIf(HAS_ISAL)("loadIsalGzip() gives the same bytes for the same input, whatever it packed before", async () => {
    const compress = await load();
    const text = rows(MIB);
    const first = await compress(text, 20);
    await compress(randomBytes(3 * MIB), 20);
    expect(Buffer.from(await compress(text, 20)).equals(first)).toBe(true);
  });

  it.runIf(HAS_ISAL)("loadIsalGzip() packs what does not compress, and many texts at once", async () => {
    const compress = await load();
    const texts = Array.from({ length: 24 }, (_, n) => (n % 3 === 0 ? randomBytes(MIB + n * 1_001) : rows(MIB + n * 1_001)));
    const packed = await Promise.all(texts.map((text) => compress(text, 20)));
    expect(packed.map(madeBy)).toEqual(texts.map(() => "isal"));
    for (const [n, text] of texts.entries()) expect(gunzipSync(packed[n] ?? "").equals(text)).toBe(true);
  });

  it.runIf(HAS_ISAL)("loadIsalGzip() packs any bytes so that they come back", async () => {
    const compress = await load();
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 70_000 })).map(([byte, length]) => Buffer.alloc(length, byte)),
      fc.tuple(fc.string({ maxLength: 40, unit: "binary" }), fc.integer({ min: 1, max: 5_000 })).map(([text, times]) => Buffer.from(text.repeat(times))),
      fc.integer({ min: 1, max: 40_000 }).map((length) => randomBytes(length)),
    );
    await fc.assert(fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 12 }), fc.nat(3_000), async (parts, rowBytes) => {
      const once = Buffer.concat(parts);
      const text = Buffer.concat(Array.from({ length: Math.ceil(65_536 / Math.max(1, once.length)) }, () => once));
      if (text.length < 65_536) return;
      const packed = await compress(text, rowBytes);
      expect(madeBy(packed)).toBe("isal");
      expect(gunzipSync(packed).equals(text)).toBe(true);
    }), { numRuns: 200 });
  }, 60_000);
});
