import type { ManifestChunk } from "../export/manifest.ts";

/** A chunk with the table it belongs to. */
export interface TableChunk {
  schema: string;
  name: string;
  chunk: ManifestChunk;
}

/** Chunks of one step; small ones cost a round trip each, whatever their size. */
const MAX_CHUNKS = 40;

/** Groups chunks, in their order, into steps of at most `maxBytes` of rows; a larger chunk is a step of its own. */
export function batchChunks(chunks: readonly TableChunk[], maxBytes: number): TableChunk[][] {
  const batches: TableChunk[][] = [];
  let bytes = Infinity;
  for (const one of chunks) {
    const last = batches.at(-1);
    if (last === undefined || last.length >= MAX_CHUNKS || bytes + one.chunk.raw_bytes > maxBytes) {
      batches.push([one]);
      bytes = one.chunk.raw_bytes;
    } else {
      last.push(one);
      bytes += one.chunk.raw_bytes;
    }
  }
  return batches;
}
