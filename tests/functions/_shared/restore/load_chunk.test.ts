import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ManifestChunk } from "../../../../functions/_shared/export/manifest.ts";
import type { Backup } from "../../../../functions/_shared/restore/backup_source.ts";
import { loadChunk, type PreparedChunk, prepareChunk } from "../../../../functions/_shared/restore/load_chunk.ts";
import { FUNCTION_READS } from "../../../../functions/_shared/restore/read_limits.ts";
import { openRestoreState } from "../../../../functions/_shared/restore/restore_state.ts";
import { createRestoreTarget, MemoryStorage, type RestoreTarget } from "../../../support/restore_world.ts";

const TABLE = { schema: "public", name: "items", columns: ["id", "label"] };
const ALL = { columns: ["id", "label"], places: null };

/** A backup of one object, as its writer would have described it. */
function stored(text: string, described: Partial<ManifestChunk> = {}): { backup: Backup; chunk: ManifestChunk; storage: MemoryStorage } {
  const raw = Buffer.from(text);
  const bytes = new Uint8Array(gzipSync(raw));
  const storage = new MemoryStorage();
  storage.objects.set("p/data/1.copy.gz", bytes);
  // Only storage and prefix are used of it here.
  const backup = { s3: storage, prefix: "p/" } as unknown as Backup;
  return { backup, storage, chunk: {
    key: "data/1.copy.gz", sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length, raw_bytes: raw.length,
    rows: text.split("\n").length - 1, first_tid: "(0,0)", end_tid: null, ...described,
  } };
}
const prepared = (text: string, changes: Partial<PreparedChunk> = {}): PreparedChunk => ({
  table: TABLE, key: "data/1.copy.gz", rows: text.split("\n").length - 1, columns: TABLE.columns, text: Uint8Array.from(Buffer.from(text)), ...changes });

describe("prepareChunk()", () => {
  it("prepareChunk() returns the rows of an object that is as described", async () => {
    const { backup, chunk } = stored("1\ta\n2\tb\n");
    expect(await prepareChunk(backup, TABLE, chunk, ALL)).toMatchObject({ key: chunk.key, rows: 2, columns: TABLE.columns, text: Buffer.from("1\ta\n2\tb\n") });
    const empty = stored("");
    expect(await prepareChunk(empty.backup, TABLE, empty.chunk, ALL)).toMatchObject({ rows: 0, text: Buffer.alloc(0) });
  });

  it("prepareChunk() takes out columns that the target lacks", async () => {
    const { backup, chunk } = stored("1\ta\\tb\n2\t\\N\n");
    expect(await prepareChunk(backup, TABLE, chunk, { columns: ["label"], places: [1] })).toMatchObject({ columns: ["label"], text: Uint8Array.from(Buffer.from("a\\tb\n\\N\n")) });
  });

  it.each([
    ["fewer rows than described", "1\ta\n2\tb\n", { rows: 3 }, "does not hold the rows"],
    ["more rows than described", "1\ta\n2\tb\n", { rows: 1 }, "does not hold the rows"],
    ["a last row without its end", "1\ta\n2\tb", { rows: 1 }, "does not hold the rows"],
    ["more bytes than described", "1\ta\n", { raw_bytes: 3 }, "cannot be unpacked"],
    ["fewer bytes than described", "1\ta\n", { raw_bytes: 5 }, "does not hold the rows"],
    ["fewer bytes than could ever be packed into it", "1\ta\n", { raw_bytes: 100_000_000 }, "cannot hold the rows"],
    ["another size", "1\ta\n", { bytes: 3 }, "is damaged"],
    ["another hash", "1\ta\n", { sha256: "0".repeat(64) }, "is damaged"],
  ])("prepareChunk() names an object with %s, HF501", async (_what, text, described, message) => {
    const { backup, chunk } = stored(text, described);
    await expect(prepareChunk(backup, TABLE, chunk, ALL)).rejects.toMatchObject({ code: "HF501", message: expect.stringMatching(`"p/data/1\\.copy\\.gz" ${message}`) });
  });

  it("prepareChunk() asks for no rows that its reader has no memory for: HF501 naming the object", async () => {
    const { backup, chunk } = stored("1\ta\n2\tb\n");
    const limits = (chunkBytes: number) => ({ ...backup, limits: { ...FUNCTION_READS, chunkBytes } });
    expect(await prepareChunk(limits(8), TABLE, chunk, ALL)).toMatchObject({ rows: 2 });
    await expect(prepareChunk(limits(7), TABLE, chunk, ALL)).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining('"p/data/1.copy.gz" has more rows than its reader takes') });
  });

  it("prepareChunk() takes rows that pack as well as rows can", async () => {
    const { backup, chunk } = stored(`${"a".repeat(5_000_000)}\n`);
    expect(chunk.raw_bytes / chunk.bytes).toBeGreaterThan(900);
    expect(await prepareChunk(backup, { ...TABLE, columns: ["label"] }, chunk, { columns: ["label"], places: null })).toMatchObject({ rows: 1 });
  });

  it("prepareChunk() names an object that is missing, no gzip, or has other columns, HF501", async () => {
    const missing = stored("1\ta\n");
    missing.storage.objects.clear();
    await expect(prepareChunk(missing.backup, TABLE, missing.chunk, ALL)).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining("is missing") });
    const plain = stored("1\ta\n");
    const bytes = Uint8Array.from(Buffer.from("1\ta\n"));
    plain.storage.objects.set("p/data/1.copy.gz", bytes);
    const described = { ...plain.chunk, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
    await expect(prepareChunk(plain.backup, TABLE, described, ALL)).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining("cannot be unpacked") });
    const other = stored("1\ta\tsecret\n");
    const error = await prepareChunk(other.backup, TABLE, other.chunk, { columns: ["id"], places: [0] }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "HF501", message: expect.stringContaining("does not hold the columns") });
    expect(inspect(error, { depth: 9 })).not.toContain("secret");
  });
});

describe("loadChunk()", () => {
  let target: RestoreTarget;
  beforeAll(async () => {
    target = await createRestoreTarget();
    await openRestoreState(target.client, { runId: "r", manifestSha256: "m", options: {} });
  });
  beforeEach(() => target.sql(`delete from holdfast_restore.chunks; drop table if exists public.items, public.counted;
    create table public.items (id integer primary key, label text default 'none'); create table public.counted (n integer)`));
  afterAll(() => target.close());
  const state = async () => ({ items: await target.sql("select * from public.items order by id"), marks: await target.sql("select key, rows::int from holdfast_restore.chunks") });

  it("loadChunk() leaves rows and mark, and does nothing the second time", async () => {
    const chunk = prepared("1\ta\n2\t\\N\n");
    expect(await loadChunk(target.client, chunk, { mayReplicate: true })).toBe(true);
    expect(await loadChunk(target.client, chunk, { mayReplicate: true })).toBe(false);
    expect(await state()).toEqual({ items: [{ id: 1, label: "a" }, { id: 2, label: null }], marks: [{ key: chunk.key, rows: 2 }] });
  });

  it("loadChunk() leaves neither when the server refuses a row, and no transaction", async () => {
    await expect(loadChunk(target.client, prepared("1\tsecret\nx\tsecret\n"), { mayReplicate: true })).rejects.toMatchObject({
      code: "HF505", message: "Cannot load table public.items from object data/1.copy.gz", detail: expect.stringContaining("SQLSTATE 22P02), line 2") });
    await expect(loadChunk(target.client, prepared("1\ta\n", { rows: 2 }), { mayReplicate: true })).rejects.toMatchObject({ code: "HF505" });
    expect(await state()).toEqual({ items: [], marks: [] });
    expect(await target.sql("select now() = statement_timestamp() as idle")).toEqual([{ idle: true }]);
  });

  it("loadChunk() takes what the commit refuses for a refusal, without a value", async () => {
    await target.sql("alter table public.items add constraint later unique (label) deferrable initially deferred");
    const error = await loadChunk(target.client, prepared("1\tsecret\n2\tsecret\n"), { mayReplicate: false }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "HF505", detail: "key exists already (SQLSTATE 23505), constraint later." });
    expect(inspect(error, { depth: 9 })).not.toContain("secret");
    expect(await state()).toEqual({ items: [], marks: [] });
  });

  it("loadChunk() keeps triggers silent where it may", async () => {
    await target.sql(`create function public.count_item() returns trigger language plpgsql as 'begin insert into public.counted values (1); return new; end';
      create trigger count_item before insert on public.items for each row execute function public.count_item()`);
    await loadChunk(target.client, prepared("1\ta\n"), { mayReplicate: true });
    expect(await target.sql("select from public.counted")).toHaveLength(0);
    await loadChunk(target.client, prepared("2\ta\n", { key: "data/2" }), { mayReplicate: false });
    expect(await target.sql("select from public.counted")).toHaveLength(1);
    await target.sql("drop table public.items; drop function public.count_item()");
  });

  it("loadChunk() brings rows without columns, into tables that have some or none", async () => {
    await loadChunk(target.client, prepared("\n\n\n", { columns: [], table: { schema: "public", name: "counted" } }), { mayReplicate: true });
    expect(await target.sql("select * from public.counted")).toEqual([{ n: null }, { n: null }, { n: null }]);
    await target.sql("create table public.nothing ()");
    await loadChunk(target.client, prepared("\n\n", { columns: [], key: "data/2", table: { schema: "public", name: "nothing" } }), { mayReplicate: true });
    expect(await target.sql("select from public.nothing")).toHaveLength(2);
    await target.sql("drop table public.nothing");
  });

  it("loadChunk() waits for a session that loads the same chunk, and believes it", async () => {
    const other = await target.connect();
    await other.query("begin; insert into holdfast_restore.chunks values ('data/1.copy.gz', 1); insert into public.items values (1, 'by the other')");
    const loading = loadChunk(target.client, prepared("1\ta\n"), { mayReplicate: true });
    setTimeout(() => void other.query("commit"), 100);
    expect(await loading).toBe(false);
    expect((await state()).items).toEqual([{ id: 1, label: "by the other" }]);
  });

  it("loadChunk() rejects with HF104 when its session is ended, wherever that happens", async () => {
    for (const lock of ["lock table public.items in access exclusive mode", "lock table holdfast_restore.chunks in access exclusive mode"]) {
      const victim = await target.connect();
      const pid: unknown = Reflect.get(victim, "processID");
      await target.sql(`begin; ${lock}`);
      const loading = loadChunk(victim, prepared("1\ta\n"), { mayReplicate: true });
      setTimeout(() => void target.sql("select pg_terminate_backend($1)", [pid]), 100);
      await expect(loading).rejects.toMatchObject({ code: "HF104" });
      await target.sql("rollback");
      await expect(loadChunk(victim, prepared("1\ta\n"), { mayReplicate: true })).rejects.toMatchObject({ code: "HF104" });
    }
    expect(await state()).toEqual({ items: [], marks: [] });
  });
});
