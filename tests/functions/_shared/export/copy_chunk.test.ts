import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { copyChunk, TableRewritten, tableOf } from "../../../../functions/_shared/export/copy_chunk.ts";
import type { ClaimedChunk } from "../../../../functions/_shared/export/ledger.ts";
import { inSnapshot } from "../../../../functions/_shared/export/open_snapshot.ts";
import { claimKind, createExportWorld, type ExportWorld, openRun, type OpenRun, planned } from "../../../support/export_world.ts";

const MIB = 1024 * 1024;

describe("copyChunk()", () => {
  let world: ExportWorld;
  let run: OpenRun;
  let chunk: ClaimedChunk;

  beforeAll(async () => {
    world = await createExportWorld();
  });

  beforeEach(async () => {
    await world.sql(`
      drop schema if exists shop cascade; create schema shop;
      update backup.settings set included_schemas = '{shop}' where id;
      create table shop.items (id integer primary key, name text);
      insert into shop.items select g, 'item ' || g from generate_series(1, 100) g`);
    run = await openRun(world);
    await planned(run);
    const [first] = await claimKind(run, "data");
    if (first === undefined) throw new Error("no data chunk");
    chunk = first;
  });

  afterEach(async () => {
    await run.close();
  });

  afterAll(async () => {
    await world.close();
  });

  const copy = (maxBytes = MIB) => inSnapshot(run.context.client, run.context, () => copyChunk(run.context, chunk, maxBytes));

  it("copyChunk() returns the rows of the snapshot with their number and the sum of their hashes", async () => {
    const [before] = await world.sql<{ rows: string; fingerprint: string }>("select rows, fingerprint from backup.table_fingerprint('shop.items')");
    await world.sql("delete from shop.items where id <= 50; insert into shop.items values (1000, 'late'); update shop.items set name = 'changed'");
    const copied = await copy();
    expect(Buffer.from(copied.bytes).toString()).toBe(Array.from({ length: 100 }, (_, n) => `${n + 1}\titem ${n + 1}\n`).join(""));
    const [hashed] = await world.sql<{ fingerprint: string }>("select backup.fingerprint_of_sum($1) as fingerprint", [copied.rowHashSum]);
    expect({ rows: copied.rows, fingerprint: hashed?.fingerprint }).toEqual(before);
  });

  it("copyChunk() throws HF303 for a chunk that is larger than allowed, never a part of it", async () => {
    await expect(copy(100)).rejects.toMatchObject({ code: "HF303" });
    expect((await copy()).rows).toBe("100");
  });

  it("copyChunk() throws HF302 with the table's name when the table, its schema or a column is gone", async () => {
    await world.sql("alter table shop.items drop column name");
    await expect(copy()).rejects.toMatchObject({ code: "HF302", message: expect.stringContaining("shop.items"), cause: { code: "42703" } });
    await world.sql("drop table shop.items");
    await expect(copy()).rejects.toMatchObject({ code: "HF302", cause: { code: "42P01" } });
    await world.sql("drop schema shop");
    await expect(copy()).rejects.toMatchObject({ code: "HF302" });
  });

  it("copyChunk() throws TableRewritten when another table has taken the name, also one without a row", async () => {
    await world.sql("alter table shop.items rename to old; create table shop.items (id integer, name text)");
    await expect(copy()).rejects.toBeInstanceOf(TableRewritten);
  });

  it("copyChunk() throws HF305 when the privilege is taken away, and when a policy would hide rows", async () => {
    await world.sql("create role reader_of_shop nologin").catch(() => undefined);
    await world.sql("grant usage on schema shop to reader_of_shop; grant reader_of_shop to postgres; grant usage on schema backup to reader_of_shop");
    await run.context.client.query("begin; set local role reader_of_shop");
    await expect(copyChunk(run.context, chunk, MIB)).rejects.toMatchObject({ code: "HF305", message: expect.stringContaining("shop.items") });
    await run.context.client.query("rollback");
    await world.sql("grant select on shop.items to reader_of_shop; alter table shop.items enable row level security");
    await run.context.client.query("begin; set local role reader_of_shop");
    await expect(copyChunk(run.context, chunk, MIB)).rejects.toMatchObject({ code: "HF305" });
    await run.context.client.query("rollback");
  });

  it("copyChunk() throws TableRewritten after VACUUM FULL, TRUNCATE and a rewriting ALTER TABLE", async () => {
    await world.sql("vacuum full shop.items");
    await expect(copy()).rejects.toBeInstanceOf(TableRewritten);
    await world.sql("alter table shop.items add column other uuid default gen_random_uuid()");
    await expect(copy()).rejects.toMatchObject({ name: "TableRewritten", chunk: { chunk_no: chunk.chunk_no } });
    await world.sql("truncate shop.items");
    await expect(copy()).rejects.toBeInstanceOf(TableRewritten);
  });

  it("copyChunk() does not mind a plain VACUUM, ANALYZE, a new index or a new column", async () => {
    await world.sql("delete from shop.items where id > 90");
    await world.sql("vacuum shop.items");
    await world.sql("analyze shop.items; create index on shop.items (name); alter table shop.items add column added text default 'x'");
    expect((await copy()).rows).toBe("100");
  });

  it("copyChunk() copies into the memory it is given", async () => {
    const memory = new Uint8Array(MIB);
    const copied = await inSnapshot(run.context.client, run.context, () => copyChunk(run.context, chunk, MIB, memory));
    expect(copied.bytes.buffer).toBe(memory.buffer);
    expect(copied.rows).toBe("100");
  });

  it("copyChunk() hands on other errors of the server", async () => {
    await run.context.client.query("begin; set local statement_timeout = 1");
    await world.sql("begin; lock table shop.items");
    await expect(copyChunk(run.context, chunk, MIB)).rejects.toMatchObject({ code: "57014" });
    await world.sql("rollback");
    await run.context.client.query("rollback");
  });

  it("copyChunk() refuses a chunk without a table", async () => {
    await expect(copyChunk(run.context, { ...chunk, table_name: null }, MIB)).rejects.toThrow(TypeError);
  });

  it("tableOf() names the table for messages", () => {
    expect(tableOf(chunk)).toBe("shop.items");
  });
});
