import { describe, expect, it } from "vitest";
import type { ManifestChunk, ManifestTable } from "../../../../functions/_shared/export/manifest.ts";
import { ChunkQueue, type QueuedChunk, type UnlistedTable } from "../../../../functions/_shared/restore/chunk_queue.ts";

const TARGET = { columns: [], places: null, leftOut: [] };
const chunk = (key: string, raw_bytes: number): ManifestChunk => ({ key, sha256: "", bytes: 0, raw_bytes, rows: 1, first_tid: "", end_tid: null });
const table = (name: string, ...sizes: number[]): ManifestTable => ({
  schema: "s", name, columns: [], rows: sizes.length, fingerprint: "", fingerprint_expression: "",
  raw_bytes: sizes.reduce((sum, one) => sum + one, 0), stored_bytes: 0, chunks: sizes.map((size, n) => chunk(`${name}${n}`, size)),
});
const queue = (tables: ManifestTable[], chunksOf = async (one: ManifestTable) => one.chunks ?? []) =>
  new ChunkQueue(tables.map((one) => ({ table: one, target: TARGET })), chunksOf);
const keyOf = (one: QueuedChunk | UnlistedTable | null): string | null => (one === null ? null : "chunk" in one ? one.chunk.key : `no ${one.table.name}`);

describe("ChunkQueue", () => {
  it("ChunkQueue gives one worker everything, largest table first, each in its order", async () => {
    const all = queue([table("small", 1), table("large", 5, 5, 5), table("empty"), table("middle", 7)]);
    const place = all.place();
    const keys: (string | null)[] = [];
    for (let n = 0; n < 6; n++) keys.push(keyOf(await all.take(place)));
    expect(keys).toEqual(["large0", "large1", "large2", "middle0", "small0", null]);
  });

  it("ChunkQueue gives each worker a table of its own, and lets the idle one help where most is left", async () => {
    const all = queue([table("large", 5, 5, 5, 5), table("middle", 6), table("small", 2, 2)]);
    const [a, b, c, d] = [all.place(), all.place(), all.place(), all.place()];
    expect([keyOf(await all.take(a)), keyOf(await all.take(b)), keyOf(await all.take(c))]).toEqual(["large0", "middle0", "small0"]);
    expect([keyOf(await all.take(d)), keyOf(await all.take(b)), keyOf(await all.take(c)), keyOf(await all.take(c))]).toEqual(["large1", "large2", "small1", "large3"]);
    for (const place of [a, b, c, d]) expect(await all.take(place)).toBeNull();
  });

  it("ChunkQueue asks for a list once, and when it cannot be had names the table once and goes on", async () => {
    let asked = 0;
    const all = queue([table("bad", 9, 9), table("good", 1)], async (one) => {
      asked++;
      if (one.name === "bad") throw new Error("x");
      return one.chunks ?? [];
    });
    const [a, b] = [all.place(), all.place()];
    const first = await Promise.all([all.take(a), all.take(b)]);
    expect(first.map(keyOf).sort()).toEqual(["good0", "no bad"]);
    expect([await all.take(a), await all.take(b), asked]).toEqual([null, null, 2]);
  });
});
