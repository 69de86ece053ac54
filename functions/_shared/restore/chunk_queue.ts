import type { ManifestChunk, ManifestTable } from "../export/manifest.ts";
import type { TargetColumns } from "./target_columns.ts";

/** A chunk with where it goes. */
export interface QueuedChunk {
  table: ManifestTable;
  target: TargetColumns;
  chunk: ManifestChunk;
}

/** A table whose list of chunks cannot be had. */
export interface UnlistedTable {
  table: ManifestTable;
  failure: unknown;
}

interface TableQueue {
  table: ManifestTable;
  target: TargetColumns;
  /** Asked for when the first worker comes, since a long list is an object of its own. */
  chunks: Promise<ManifestChunk[]> | null;
  next: number;
  remainingBytes: number;
  workers: number;
}

/** The worker's place in the queue; one for each. */
export interface QueuePlace {
  current: TableQueue | null;
}

/**
 * Hands out chunks to workers, largest table first. A worker stays with its table, so that each table is written by one
 * session in the order of its rows; when no table is left untouched, it helps with the one that has most to come.
 */
export class ChunkQueue {
  readonly #tables: TableQueue[];
  readonly #chunksOf: (table: ManifestTable) => Promise<ManifestChunk[]>;

  constructor(tables: readonly { table: ManifestTable; target: TargetColumns }[], chunksOf: (table: ManifestTable) => Promise<ManifestChunk[]>) {
    this.#chunksOf = chunksOf;
    this.#tables = tables
      .map(({ table, target }) => ({ table, target, chunks: null, next: 0, remainingBytes: table.raw_bytes, workers: 0 }))
      .sort((a, b) => b.remainingBytes - a.remainingBytes);
  }

  place(): QueuePlace {
    return { current: null };
  }

  /** The next chunk for this worker, or a table that has to be given up, once; null when nothing is left. */
  async take(place: QueuePlace): Promise<QueuedChunk | UnlistedTable | null> {
    for (;;) {
      const queue = place.current ?? this.#choose();
      if (queue === null) return null;
      if (place.current === null) {
        place.current = queue;
        queue.workers++;
      }
      let chunks: ManifestChunk[];
      try {
        chunks = await (queue.chunks ??= this.#chunksOf(queue.table));
      } catch (failure) {
        if (this.#leave(place, queue)) return { table: queue.table, failure };
        continue;
      }
      const chunk = chunks[queue.next];
      if (chunk !== undefined) {
        queue.next++;
        queue.remainingBytes -= chunk.raw_bytes;
        return { table: queue.table, target: queue.target, chunk };
      }
      this.#leave(place, queue);
    }
  }

  /** True for the first worker that leaves a table. */
  #leave(place: QueuePlace, queue: TableQueue): boolean {
    place.current = null;
    queue.workers--;
    const at = this.#tables.indexOf(queue);
    if (at !== -1) this.#tables.splice(at, 1);
    return at !== -1;
  }

  #choose(): TableQueue | null {
    const untouched = this.#tables.find((one) => one.workers === 0);
    if (untouched !== undefined) return untouched;
    return this.#tables.reduce<TableQueue | null>((most, one) => (most === null || one.remainingBytes > most.remainingBytes ? one : most), null);
  }
}
