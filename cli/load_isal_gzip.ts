import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { compress, type Compress, windowBitsFor } from "../functions/_shared/export/compress.ts";
import { type IsalDeflate, IsalStream, openIsal } from "./open_isal.ts";

/** Shorter texts gain nothing. Longer ones are rare, rows that cannot be split, and the library counts in 32 bits. */
const MIN_BYTES = 64 * 1024;
const MAX_BYTES = 256 * 1024 * 1024;

const SAMPLE_BYTES = 1024 * 1024;

/** Memory kept for the next text; more than a usual chunk needs would be held for nothing. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

/** Room for what rows usually become; what needs more is compressed again, with room for the worst. */
function usualRoom(bytes: number): number {
  return Math.ceil(bytes * 0.6);
}

/** What bytes can become that do not compress: stored blocks of up to 64 KiB, header and trailer. */
function mostRoom(bytes: number): number {
  return bytes + Math.ceil(bytes / 8192) + 1024;
}

/** A text with matches near and far, runs, and bytes of every value; long enough for several blocks. */
function sample(): Uint8Array {
  const bytes = new Uint8Array(SAMPLE_BYTES);
  for (let at = 0, random = 1; at < bytes.length; at++) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = at % 1024 < 128 ? random >>> 24 : 97 + (at % 61) % 23;
  }
  return bytes;
}

async function comesBack(packed: Uint8Array, bytes: Uint8Array): Promise<boolean> {
  const unpacked = await promisify(gunzip)(packed).catch(() => null);
  return unpacked?.equals(bytes) ?? false;
}

/**
 * Gzip (RFC 1952) by Intel's ISA-L where this machine has it: on the text of tables a quarter of the CPU time that zlib needs for
 * its level 1, for results of the same size. Null where it is not, or where it does not give back what it was given.
 * Texts too short or too long for it are left to zlib, and so is one that it fails on; all are once it gave back something else.
 */
export async function loadIsalGzip(open: () => Promise<IsalDeflate> = openIsal): Promise<Compress | null> {
  const idle: IsalStream[] = [];
  const pack = async (deflate: IsalDeflate, bytes: Uint8Array, windowBits: number): Promise<Uint8Array<ArrayBuffer>> => {
    const stream = idle.pop() ?? new IsalStream();
    for (const room of [usualRoom(bytes.byteLength), mostRoom(bytes.byteLength)]) {
      if (stream.output.byteLength < room) stream.output = new Uint8Array(room);
      const length = await deflate(stream, bytes, windowBits);
      if (length === null) continue;
      const packed = stream.output.slice(0, length);
      if (stream.output.byteLength <= MAX_KEPT_BYTES) idle.push(stream);
      return packed;
    }
    throw new Error("ISA-L says that its result is larger than it can be");
  };
  let deflate: IsalDeflate;
  try {
    deflate = await open();
    const probe = sample();
    for (const rowBytes of [0, Infinity]) {
      if (!await comesBack(await pack(deflate, probe, windowBitsFor(rowBytes)), probe)) return null;
    }
  } catch {
    return null;
  }
  const proven = new Set<number>();
  let broken = false;
  return async (bytes, rowBytes = Infinity) => {
    if (broken || bytes.byteLength < MIN_BYTES || bytes.byteLength > MAX_BYTES) return compress(bytes, rowBytes);
    const windowBits = windowBitsFor(rowBytes);
    const packed = await pack(deflate, bytes, windowBits).catch(() => null);
    if (packed === null) return compress(bytes, rowBytes);
    if (proven.has(windowBits)) return packed;
    // Real rows are longer than a sample and not made for it: the first of a kind are unpacked again.
    if (!await comesBack(packed, bytes)) broken = true;
    if (broken) return compress(bytes, rowBytes);
    proven.add(windowBits);
    return packed;
  };
}
