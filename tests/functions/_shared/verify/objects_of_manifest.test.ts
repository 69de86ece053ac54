import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { FUNCTION_READS } from "../../../../functions/_shared/restore/read_limits.ts";
import { objectsOfManifest } from "../../../../functions/_shared/verify/objects_of_manifest.ts";

const hash = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex");
const chunk = (n: number) => ({ key: `data/public.a/${n}.copy.gz`, sha256: hash(`${n}`), bytes: n, raw_bytes: 20, rows: 1, first_tid: "(0,0)", end_tid: null });
const table = (name: string, more: object) => ({ schema: "public", name, columns: ["id"], rows: 1, fingerprint: "0000000000000000", fingerprint_expression: "x", raw_bytes: 20, stored_bytes: 8, ...more });
const list = gzipSync(JSON.stringify([chunk(1), chunk(2)]));
const manifest = JSON.stringify({
  format: "holdfast-backup", format_version: 1, tool: { name: "holdfast", version: "1" }, project: "p", run_id: "20260101T000000Z-aaaaaa", tier: "daily", engine: "cli",
  snapshot: { id: "1", at: "2026-01-01T00:00:00Z", lsn: "0/0", xids: "1:1:" }, server: { version: "17", version_num: 170000, database: "d", settings: {} }, encryption: null,
  objects: [{ content: "schema.json", key: "schema.json.gz", sha256: hash("s"), bytes: 10 }],
  tables: [table("a", { chunk_list: { content: "chunks", key: "chunks/a.json.gz", sha256: hash(list), bytes: list.length } }), table("b", { chunks: [chunk(3)] })],
  excluded: [], warnings: [], totals: { tables: 2, rows: 2, objects: 5, raw_bytes: 40, stored_bytes: 18 }, finished_at: "2026-01-01T00:00:00Z",
});
const point = { runId: "20260101T000000Z-aaaaaa", objectPrefix: "r/", manifestKey: "r/manifest.json", manifestSha256: hash(manifest) };
const reader = (stored: Record<string, string | Buffer>) => ({
  getObject: async (key: string) => {
    const bytes = stored[key];
    if (bytes === undefined) throw new HoldfastError("HF204", "missing");
    return new Uint8Array(Buffer.from(bytes));
  },
  listObjects: async function* () { /* nothing is listed */ },
});

describe("objectsOfManifest()", () => {
  it("objectsOfManifest() returns everything the manifest names, also what a list of chunks names", async () => {
    const objects = await objectsOfManifest(reader({ "r/manifest.json": manifest, "r/chunks/a.json.gz": list }), point);
    expect(objects.map(({ key, bytes }) => [key, bytes])).toEqual([["r/schema.json.gz", 10], ["r/chunks/a.json.gz", list.length],
      ["r/data/public.a/1.copy.gz", 1], ["r/data/public.a/2.copy.gz", 2], ["r/data/public.a/3.copy.gz", 3]]);
  });
  it("objectsOfManifest() asks for no more than its limits, and unpacks no more", async () => {
    const asked: unknown[] = [];
    const storage = reader({ "r/manifest.json": manifest, "r/chunks/a.json.gz": list });
    const asking = { ...storage, getObject: (key: string, options?: unknown) => {
      asked.push(options);
      return storage.getObject(key);
    } };
    await objectsOfManifest(asking, point, FUNCTION_READS);
    expect(asked).toEqual([{ maxBytes: FUNCTION_READS.manifestBytes }, { maxBytes: list.length }]);
    const longer = { ...storage, getObject: (key: string) => (key.endsWith("a.json.gz") ? Promise.reject(new HoldfastError("HF209", "longer")) : storage.getObject(key)) };
    await expect(objectsOfManifest(longer, point)).rejects.toMatchObject({ code: "HF207", message: expect.stringContaining("r/chunks/a.json.gz") });
    await expect(objectsOfManifest(storage, point, { ...FUNCTION_READS, contentBytes: 100 })).rejects.toMatchObject({ code: "HF209", message: expect.stringContaining("r/chunks/a.json.gz") });
  });
  it("objectsOfManifest() rejects an altered manifest and an altered list before it believes them", async () => {
    await expect(objectsOfManifest(reader({ "r/manifest.json": manifest.replace("17", "18") }), point)).rejects.toMatchObject({ code: "HF207", message: expect.stringContaining("r/manifest.json") });
    await expect(objectsOfManifest(reader({ "r/manifest.json": manifest, "r/chunks/a.json.gz": gzipSync("[]") }), point)).rejects.toMatchObject({ code: "HF207", message: expect.stringContaining("r/chunks/a.json.gz") });
    await expect(objectsOfManifest(reader({ "r/manifest.json": manifest }), point)).rejects.toMatchObject({ code: "HF204" });
  });
});
