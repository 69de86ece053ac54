import { gunzipSync, gzipSync } from "node:zlib";

/** Numbers from a seed, so that what failed can be repeated. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export interface MutationWorld {
  random(below: number): number;
  /** An object of another chunk. */
  other(): Uint8Array<ArrayBuffer>;
  /** The object of another run that has the same name, or another one of it. */
  otherRun(): Uint8Array<ArrayBuffer>;
}

type Mutation = (bytes: Uint8Array<ArrayBuffer>, world: MutationWorld) => Uint8Array<ArrayBuffer> | null;

/** Rows with one digit changed: as many rows, as many bytes, and a valid object. */
function otherRows(bytes: Uint8Array<ArrayBuffer>, { random }: MutationWorld): Uint8Array {
  const rows = new Uint8Array(gunzipSync(bytes));
  const digits = [...rows.keys()].filter((at) => (rows[at] ?? 0) >= 0x30 && (rows[at] ?? 0) <= 0x39);
  const at = digits[random(digits.length)] ?? 0;
  rows[at] = 0x30 + (((rows[at] ?? 0) - 0x30 + 1 + random(9)) % 10);
  return rows;
}

/** What can happen to an object in a bucket; null deletes it. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "bit flipped": (bytes, { random }) => {
    const copy = bytes.slice();
    const at = random(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random(8));
    return copy;
  },
  truncated: (bytes, { random }) => bytes.slice(0, random(bytes.length)),
  emptied: () => new Uint8Array(),
  deleted: () => null,
  "bytes appended": (bytes, { random }) => new Uint8Array(Buffer.concat([bytes, Buffer.alloc(1 + random(64), random(256))])),
  "rows appended": (bytes) => new Uint8Array(Buffer.concat([bytes, gzipSync(gunzipSync(bytes))])),
  "rows changed": (bytes, world) => new Uint8Array(gzipSync(otherRows(bytes, world), { level: 1 })),
  "rows swapped": (bytes) => new Uint8Array(gzipSync(`${gunzipSync(bytes).toString().trimEnd().split("\n").reverse().join("\n")}\n`, { level: 1 })),
  "row lost": (bytes) => new Uint8Array(gzipSync(gunzipSync(bytes).toString().replace(/^.*\n/, ""), { level: 1 })),
  "packed again": (bytes) => new Uint8Array(gzipSync(gunzipSync(bytes), { level: 9, memLevel: 9 })),
  unpacked: (bytes) => new Uint8Array(gunzipSync(bytes)),
  "another chunk's": (_bytes, { other }) => other(),
  "another run's": (_bytes, { otherRun }) => otherRun(),
};
