import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchChunks } from "../../../../functions/_shared/drill/batch_chunks.ts";

const chunk = (key: string, raw_bytes: number) => ({ schema: "s", name: "t", chunk: { key, sha256: "", bytes: 1, raw_bytes, rows: 1, first_tid: "(0,0)", end_tid: null } });

describe("batchChunks()", () => {
  it("batchChunks() holds every chunk once, in its order, within the bytes of a step", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 200 }), (sizes) => {
      const chunks = sizes.map((bytes, n) => chunk(`${n}`, bytes));
      const batches = batchChunks(chunks, 250);
      expect(batches.flat()).toEqual(chunks);
      for (const batch of batches) {
        expect(batch.length).toBeLessThanOrEqual(40);
        if (batch.length > 1) expect(batch.reduce((sum, one) => sum + one.chunk.raw_bytes, 0)).toBeLessThanOrEqual(250);
      }
    }));
  });
  it("batchChunks() fills a step before it begins another", () => {
    expect(batchChunks([chunk("a", 100), chunk("b", 100), chunk("c", 100), chunk("d", 900)], 250).map((batch) => batch.length)).toEqual([2, 1, 1]);
    expect(batchChunks([], 250)).toEqual([]);
  });
});
