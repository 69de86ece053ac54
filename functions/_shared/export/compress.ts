import { promisify } from "node:util";
import { gzip, gzipSync } from "node:zlib";

const gzipAsync = promisify(gzip);

/**
 * zlib hands its output over in pieces, each a trip through the thread pool, and joins them by copying. One piece for the usual
 * chunk saves a quarter of the CPU that the default of 16 KiB costs.
 */
function pieceBytes(bytes: number): number {
  return Math.min(4 * 1024 * 1024, Math.max(64 * 1024, Math.ceil(bytes / 2)));
}

/** Rows up to this size resemble each other within the smaller windows. */
const SHORT_ROW_BYTES = 1024;

const SAMPLE_BYTES = 64 * 1024;

/** From where level 2 is worth what it costs. */
const MUCH_SMALLER = 0.8;

interface Effort {
  level: number;
  windowBits: number;
}

/** Packs bytes as gzip (RFC 1952), knowing the mean size of a row; unknown counts as long. */
export type Compress = (bytes: Uint8Array, rowBytes?: number) => Promise<Uint8Array<ArrayBuffer>>;

/**
 * How far back to look, as a power of two. For short rows 8 KiB do: what is looked up stays in the processor's cache, a seventh less
 * CPU than 32 KiB, and the result is no larger, as neighbouring rows resemble each other most.
 */
export function windowBitsFor(rowBytes: number): number {
  return rowBytes > SHORT_ROW_BYTES ? 15 : 13;
}

/**
 * How hard to look, decided by a sample of the bytes alone, so that the same rows are always compressed to the same object.
 *
 * Level 1, as on database text higher levels cost several times the CPU for about a tenth of the size. Where zlib is zlib-ng, as in
 * Deno, level 1 is one that hardly looks: the objects would be 1.6 times as large, and level 2 is what level 1 is elsewhere.
 *
 * Rows of mostly random values, such as UUIDs, have nothing to find even in the smaller window: 4 KiB then save as much again.
 */
function effortFor(bytes: Uint8Array, rowBytes: number): Effort {
  const middle = bytes.byteLength >> 1;
  const sample = bytes.subarray(middle, middle + SAMPLE_BYTES);
  const sizeWith = (effort: Effort) => gzipSync(sample, { ...effort, chunkSize: SAMPLE_BYTES }).byteLength;
  const windowBits = windowBitsFor(rowBytes);
  const usual = { level: 1, windowBits };
  const size = sizeWith(usual);
  const level = sizeWith({ level: 2, windowBits }) < MUCH_SMALLER * size ? 2 : 1;
  if (windowBits === 15 || sample.byteLength < SAMPLE_BYTES) return { level, windowBits };
  const near = { level, windowBits: 12 };
  return sizeWith(near) <= sizeWith({ level, windowBits }) ? near : { level, windowBits };
}

/**
 * Packs bytes as gzip (RFC 1952).
 *
 * @param rowBytes mean size of a row; unknown counts as long.
 */
export async function compress(bytes: Uint8Array, rowBytes = Infinity): Promise<Uint8Array<ArrayBuffer>> {
  const { buffer, byteOffset, byteLength } = await gzipAsync(bytes, { ...effortFor(bytes, rowBytes), chunkSize: pieceBytes(bytes.byteLength) });
  // zlib allocates ordinary memory; the copy is for a runtime that does otherwise.
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
}
