import { describe, expect, it } from "vitest";
import { buildManifest, chunksByTable, isLongList, tableKey } from "../../../../functions/_shared/export/build_manifest.ts";
import { INLINE_CHUNKS, manifestSchema } from "../../../../functions/_shared/export/manifest.ts";
import type { ChunkRecord, RunContents, TableRecord } from "../../../../functions/_shared/export/read_run_record.ts";

const PREFIX = "holdfast/local/runs/20261123T205500Z-a1b2c3/";
const HASH = "0123456789abcdef".repeat(4);

const chunk = (table: string, n: number): ChunkRecord => ({
  schema_name: "public", table_name: table, object_key: `${PREFIX}data/public.${table}/${n}.copy.gz`, sha256: HASH,
  stored_bytes: "10", raw_bytes: "100", rows: "5", first_tid: `(${n},0)`, end_tid: null,
});
const table = (name: string, other: Partial<TableRecord> = {}): TableRecord => ({
  schema_name: "public", table_name: name, status: "exported", reason: null, columns: ["id"], rows: "5", fingerprint: "0123456789abcdef", fingerprint_expression: "x", ...other,
});
function contents(change: Partial<RunContents> = {}): RunContents {
  return {
    run: {
      project: "local", tier: "daily", engine: "cli", snapshot_id: "00000003-0000001B-1", snapshot_at: "2026-11-23T20:55:00.123456+00:00",
      finished_at: "2026-11-23T20:56:00+00:00", snapshot_lsn: "0/1", snapshot_xids: "1:2:", schema_fingerprint: "f", warnings: [], recipients: [],
      server_version: "17.0", server_version_num: 170000, database: "postgres", settings: { DateStyle: "ISO, MDY" },
      system_identifier: "7300000000000000001", database_oid: 5,
    },
    tables: [table("a"), table("b", { rows: "0" }), table("v", { status: "excluded", reason: "materialized view", rows: null, fingerprint: null, fingerprint_expression: null })],
    chunks: [chunk("a", 1), chunk("a", 2)],
    objects: [{ key: `${PREFIX}schema.json.gz`, sha256: HASH, bytes: 7, content: "schema.json" }],
    ...change,
  };
}
const build = (given: RunContents, lists = new Map<string, { key: string; sha256: string; bytes: number; content: string }>()) =>
  buildManifest("20261123T205500Z-a1b2c3", PREFIX, given, chunksByTable(PREFIX, given), lists, "0.1.0");

describe("buildManifest()", () => {
  it("buildManifest() makes a valid manifest with relative keys and totals that add up", () => {
    const manifest = build(contents());
    expect(manifestSchema.parse(manifest)).toEqual(manifest);
    expect(manifest.tables.map(({ name, chunks }) => [name, chunks?.map(({ key }) => key)])).toEqual([
      ["a", ["data/public.a/1.copy.gz", "data/public.a/2.copy.gz"]], ["b", []],
    ]);
    expect(manifest.totals).toEqual({ tables: 2, rows: 5, objects: 3, raw_bytes: 200, stored_bytes: 27 });
    expect(manifest.excluded).toEqual([{ schema: "public", name: "v", reason: "materialized view" }]);
  });

  it("buildManifest() refers to a long chunk list instead of repeating it", () => {
    const given = contents();
    const list = { key: `${PREFIX}chunks/public.a.json.gz`, sha256: HASH, bytes: 3, content: "chunks.json" };
    const manifest = manifestSchema.parse(build(given, new Map([[tableKey("public", "a"), list]])));
    expect(manifest.tables[0]).toMatchObject({ chunk_list: { key: "chunks/public.a.json.gz", content: "chunks.json" }, raw_bytes: 200, stored_bytes: 20 });
    expect(manifest.tables[0]?.chunks).toBeUndefined();
    expect(manifest.totals).toMatchObject({ objects: 4, stored_bytes: 30 });
  });

  it("buildManifest() refuses an object outside of the run", () => {
    expect(() => build(contents({ chunks: [{ ...chunk("a", 1), object_key: "holdfast/other/x" }] }))).toThrow("outside of the run");
  });

  it("buildManifest() depends on nothing but the ledger", () => {
    expect(JSON.stringify(build(contents()))).toBe(JSON.stringify(build(contents())));
  });
});

describe("isLongList()", () => {
  it("isLongList() keeps INLINE_CHUNKS chunks inline and not one more", () => {
    const [one] = chunksByTable(PREFIX, contents()).values();
    const [first] = one ?? [];
    if (first === undefined) throw new Error("no chunk");
    expect(isLongList(Array.from({ length: INLINE_CHUNKS }, () => first))).toBe(false);
    expect(isLongList(Array.from({ length: INLINE_CHUNKS + 1 }, () => first))).toBe(true);
  });
});

describe("tableKey()", () => {
  it("tableKey() keeps schema and table apart whatever they contain", () => {
    expect(tableKey("a.b", "c")).not.toBe(tableKey("a", "b.c"));
    expect(tableKey('a","b', "c")).not.toBe(tableKey("a", 'b","c'));
  });
});

it("buildManifest() notes which database it was, and leaves out what the role may not read", () => {
  expect(build(contents()).server).toMatchObject({ system_identifier: "7300000000000000001", database_oid: 5 });
  const { run } = contents();
  expect(build(contents({ run: { ...run, system_identifier: null } })).server).not.toHaveProperty("system_identifier");
});
