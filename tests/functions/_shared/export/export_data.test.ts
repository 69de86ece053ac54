import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { copyIn } from "../../../../functions/_shared/database/copy_in.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { ChunkFailed, exportData } from "../../../../functions/_shared/export/export_data.ts";
import { Ledger } from "../../../../functions/_shared/export/ledger.ts";
import type { S3Client } from "../../../../functions/_shared/s3/s3_client.ts";
import { claimKind, createExportWorld, type ExportWorld, openRun, type OpenRun, planned } from "../../../support/export_world.ts";

const MIB = 1024 * 1024;

describe("exportData()", () => {
  let world: ExportWorld;
  let run: OpenRun;

  beforeAll(async () => {
    world = await createExportWorld();
  });

  beforeEach(async () => {
    await world.sql(`
      drop schema if exists shop cascade; create schema shop;
      update backup.settings set included_schemas = '{shop}', chunk_bytes = 8388608, count_at_plan_bytes = 268435456 where id`);
  });

  afterEach(async () => {
    world.storage.faults.clear();
    await run.close();
  });

  afterAll(async () => {
    await world.close();
  });

  async function begin(limits: Parameters<typeof openRun>[1] = {}): Promise<void> {
    run = await openRun(world, limits);
    await planned(run);
  }

  const chunks = () => world.sql<{ chunk_no: number; table_name: string; state: string; attempts: number; rows: string; object_key: string }>(
    "select chunk_no, table_name, state, attempts, rows, object_key from backup.chunks where run_id = $1 and kind = 'data' order by chunk_no", [run.runId]);

  /** Claims and exports until no data is left. */
  async function exportAll(): Promise<number> {
    let rounds = 0;
    for (;;) {
      const claim = await claimKind(run, "data").catch(() => null);
      if (claim === null) return rounds;
      rounds++;
      await exportData(run.context, claim);
    }
  }

  /** First column of every row that the done chunks of a table hold, as the bucket has them. */
  async function storedIds(table: string): Promise<number[]> {
    const ids: number[] = [];
    for (const { object_key: key } of (await chunks()).filter((one) => one.table_name === table && one.state === "done")) {
      const text = gunzipSync(await world.s3.getObject(key)).toString();
      ids.push(...text.split("\n").filter(Boolean).map((line) => Number(line.split("\t")[0])));
    }
    return ids.sort((a, b) => a - b);
  }
  const tables = (bytes: number) => ["a", "b"].map((name) => `create table shop.${name} as select g as id, repeat('x', ${bytes}) as t from generate_series(1, 10) g`).join("; ");
  /** Lets the storage take its time for each object. */
  function slowDown(ms: number, then: () => unknown = () => undefined): S3Client {
    const { s3 } = run.context;
    run.context.s3 = { ...s3, putObject: async (...call) => {
      await new Promise((resolve) => setTimeout(resolve, ms)).then(then);
      return await s3.putObject(...call);
    } };
    return s3;
  }
  const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1);

  it("exportData() stores every chunk of a claim with its hash and size, and returns the bytes of text", async () => {
    await world.sql(`create table shop.a as select g as id, 'x'::text as t from generate_series(1, 10) g;
                     create table shop.b as select g as id from generate_series(1, 20) g`);
    await begin();
    const claim = await claimKind(run, "data");
    expect(claim).toHaveLength(2);
    expect(await exportData(run.context, claim)).toBe(9 * 4 + 5 + 9 * 2 + 11 * 3);
    expect((await chunks()).map(({ table_name, state, rows }) => [table_name, state, rows])).toEqual([["a", "done", "10"], ["b", "done", "20"]]);
    expect(await storedIds("b")).toEqual(upTo(20));
  });

  it("exportData() splits a chunk that has more text than its pages suggest until it fits", async () => {
    await world.sql("create table shop.wide as select g as id, repeat('x', 60000) as t from generate_series(1, 40) g");
    await begin({ maxChunkBytes: 400_000, maxRowBytes: 400_000 });
    expect(await exportAll()).toBeGreaterThan(5);
    expect((await chunks()).some(({ state }) => state === "replaced")).toBe(true);
    expect(await storedIds("wide")).toEqual(upTo(40));
  });

  it("exportData() reads a single row that is too large when the worker may use the memory", async () => {
    await world.sql("create table shop.huge as select g as id, repeat('x', 500000) as t from generate_series(1, 3) g");
    await begin({ maxChunkBytes: 100_000, maxRowBytes: MIB });
    await exportAll();
    expect(await storedIds("huge")).toEqual([1, 2, 3]);
  });

  it("exportData() fails with HF303 when a single row is too large and the worker may not", async () => {
    await world.sql("create table shop.huge as select 1 as id, repeat('x', 500000) as t");
    await begin({ maxChunkBytes: 100_000, maxRowBytes: 100_000 });
    await expect(exportAll()).rejects.toMatchObject({ name: "ChunkFailed", cause: { code: "HF303", message: expect.stringContaining("shop.huge"), hint: expect.stringContaining("holdfast backup") } });
  });

  it("exportData() tries a chunk alone that was too much together with others", async () => {
    await world.sql(tables(6000));
    await begin({ maxChunkBytes: 100_000 });
    const claim = await claimKind(run, "data");
    expect(claim).toHaveLength(2);
    // The first one is still on its way when the second one is copied.
    const s3 = slowDown(500);
    await exportData(run.context, claim);
    expect((await chunks()).map(({ state, attempts }) => [state, attempts])).toEqual([["done", 1], ["pending", 0]]);
    run.context.s3 = s3;
    await exportAll();
    expect([await storedIds("a"), await storedIds("b")]).toEqual([upTo(10), upTo(10)]);
    expect((await chunks()).every(({ state }) => state === "done")).toBe(true);
  });

  it("exportData() keeps what came before a failing chunk and does not count an attempt for what came after it", async () => {
    await world.sql("create table shop.a as select 1 as id; create table shop.b as select 2 as id; create table shop.c as select 3 as id");
    await begin();
    const claim = await claimKind(run, "data");
    expect(claim.map(({ table_name }) => table_name)).toEqual(["a", "b", "c"]);
    await world.sql("drop table shop.b");
    const failure: unknown = await exportData(run.context, claim).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ChunkFailed);
    expect(failure).toMatchObject({ chunk: { table_name: "b" }, cause: { code: "HF302" } });
    expect((await chunks()).map(({ state }) => state)).toEqual(["done", "claimed", "claimed"]);
    // As a worker reports it: the failing chunk by itself, the rest untried.
    await run.ledger.release(run.runId, claim[1]?.claim_id ?? "", claim[1]?.chunk_no ?? 0, "HF302", "gone", true);
    await run.ledger.giveBack(run.runId, claim[1]?.claim_id ?? "");
    expect((await chunks()).map(({ state, attempts }) => [state, attempts])).toEqual([["done", 1], ["pending", 1], ["pending", 0]]);
  });

  it("exportData() fails with HF305 when the role may not read the table any more", async () => {
    await world.sql("create table shop.a as select 1 as id");
    await begin();
    const claim = await claimKind(run, "data");
    // Role postgres reads everything here, so the worker steps down to another one once it has the snapshot.
    await world.sql("grant usage on schema shop to anon");
    const { client } = run.context;
    const ledger = new Ledger(client);
    ledger.keeperHolds = async () => {
      await client.query("set local role anon");
      return true;
    };
    await expect(exportData({ ...run.context, ledger }, claim)).rejects.toMatchObject({ name: "ChunkFailed", cause: { code: "HF305", message: expect.stringContaining("shop.a") } });
  });

  it("exportData() plans a table again after VACUUM FULL and exports the rows of the snapshot", async () => {
    await world.sql("update backup.settings set chunk_bytes = 8192 where id; create table shop.a as select g as id, repeat('x', 200) as t from generate_series(1, 400) g");
    await begin();
    await exportData(run.context, await claimKind(run, "data", 1));
    await world.sql("delete from shop.a where id % 2 = 0; insert into shop.a select g, 'late' from generate_series(1000, 1500) g");
    await world.sql("vacuum full shop.a");
    await exportAll();
    expect(await storedIds("a")).toEqual(upTo(400));
    expect((await chunks()).filter(({ state }) => state === "replaced").length).toBeGreaterThan(1);
    await world.sql("select backup.settle_tables($1)", [run.runId]);
  });

  it("exportData() survives CLUSTER, too", async () => {
    await world.sql("create table shop.a (id integer primary key, t text); insert into shop.a select g, 'x' from generate_series(400, 1, -1) g");
    await begin();
    await world.sql("cluster shop.a using a_pkey");
    await exportAll();
    expect(await storedIds("a")).toEqual(upTo(400));
  });

  it.each([
    ["TRUNCATE", "truncate shop.a"],
    ["TRUNCATE and new rows", "truncate shop.a; insert into shop.a select g, 'new' from generate_series(1, 400) g"],
    ["a rewriting ALTER TABLE", "alter table shop.a add column other uuid default gen_random_uuid()"],
  ])("exportData() fails with HF301 after %s", async (_, change) => {
    await world.sql("create table shop.a as select g as id, 'x'::text as t from generate_series(1, 400) g");
    await begin();
    await world.sql(change);
    await expect(exportAll()).rejects.toMatchObject({ name: "ChunkFailed", cause: { code: "HF301", message: expect.stringContaining("shop.a") } });
  });

  it.each(["id type numeric", "c type text", "b type xml using null"])("exportData() fails with HF302 when a column has got another type: %s", async (change) => {
    await world.sql("create table shop.a as select g as id, true as b, gen_random_uuid() as c from generate_series(1, 400) g");
    await begin();
    await world.sql(`alter table shop.a alter column ${change}`);
    await expect(exportAll()).rejects.toMatchObject({ name: "ChunkFailed", cause: { code: "HF302", message: expect.stringContaining("shop.a") } });
  });

  it("exportData() fails with HF301 when the rewritten table was too large to be counted", async () => {
    await world.sql("update backup.settings set count_at_plan_bytes = 0 where id; create table shop.a as select g as id from generate_series(1, 400) g");
    await begin();
    await world.sql("vacuum full shop.a");
    await expect(exportAll()).rejects.toMatchObject({ cause: { code: "HF301" } });
  });

  it("exportData() fails with HF301 when as many rows were loaded frozen, which every snapshot sees, also by a transaction older than the snapshot", async () => {
    await world.sql("create table shop.a as select g as id from generate_series(1, 3) g");
    for (const when of ["older", "younger"]) {
      const other = await world.connect();
      if (when === "older") await other.query("begin; select pg_current_xact_id()");
      await begin();
      await other.query(`${when === "older" ? "" : "begin;"} truncate shop.a`);
      await copyIn(other, "copy shop.a from stdin (freeze)", new TextEncoder().encode("7\n8\n9\n"), { rows: 3, subject: "test" });
      await other.query("commit");
      await expect(exportAll(), when).rejects.toMatchObject({ name: "ChunkFailed", cause: { code: "HF301" } });
      expect(await storedIds("a"), when).toEqual([]);
      await run.close();
    }
  });

  it("exportData() fails with HF302 when another table with as many rows has taken the name", async () => {
    await world.sql("create table shop.a as select g as id from generate_series(1, 50) g; create table shop.z as select -g as id from generate_series(1, 50) g");
    await begin();
    const claim = await claimKind(run, "data");
    await world.sql("alter table shop.a rename to old; alter table shop.z rename to a");
    await expect(exportData(run.context, claim)).rejects.toMatchObject({ chunk: { table_name: "a" }, cause: { code: "HF302" } });
    expect(await storedIds("a")).toEqual([]);
  });

  it("exportData() splits the first chunk of a claim that is too large by itself, instead of claiming it again and again", async () => {
    await world.sql(`create table shop.a as select g as id, repeat('x', 30000) as t from generate_series(1, 20) g;
                     create table shop.b as select g as id from generate_series(1, 20) g`);
    await begin({ maxChunkBytes: 200_000, maxRowBytes: 200_000 });
    const claim = await claimKind(run, "data");
    expect(claim.map(({ table_name }) => table_name)).toEqual(["a", "b"]);
    expect(await exportData(run.context, claim)).toBe(200_000);
    expect((await chunks()).filter(({ table_name }) => table_name === "a").map(({ state }) => state)).toEqual(["replaced", "pending", "pending"]);
    await exportAll();
    expect([await storedIds("a"), await storedIds("b")]).toEqual([upTo(20), upTo(20)]);
  });

  it("exportData() fails with HF300 when the keeper is gone", async () => {
    await world.sql("create table shop.a as select 1 as id");
    await begin();
    const claim = await claimKind(run, "data");
    await world.sql("select pg_terminate_backend(keeper_pid) from backup.runs where run_id = $1", [run.runId]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect(exportData(run.context, claim)).rejects.toMatchObject({ name: "ChunkFailed", cause: { code: "HF300" } });
  });

  it("exportData() hands on what the storage says and reports nothing as done", async () => {
    await world.sql("create table shop.a as select 1 as id");
    await begin();
    world.storage.faults.add({ kind: "status", status: 503, code: "SlowDown", method: "PUT", times: 0 });
    await expect(exportData(run.context, await claimKind(run, "data"))).rejects.toMatchObject({ name: "ChunkFailed", cause: { code: "HF203" } });
    expect((await chunks()).map(({ state }) => state)).toEqual(["claimed"]);
  });

  it("exportData() blames the chunk that the storage refuses, keeps the others it took and leaves the rest of the claim", async () => {
    await world.sql([..."abcdefghij"].map((name) => `create table shop.${name} as select g as id from generate_series(1, 10) g`).join("; "));
    await begin();
    const { s3 } = run.context;
    run.context.s3 = { ...s3, putObject: (key, ...rest) =>
      (key.includes("/shop.b/") ? Promise.reject(new HoldfastError("HF203", "The storage is too busy")) : s3.putObject(key, ...rest)) };
    await expect(exportData(run.context, await claimKind(run, "data"))).rejects.toMatchObject({ chunk: { table_name: "b" }, cause: { code: "HF203" } });
    const states = new Map((await chunks()).map(({ table_name, state }) => [table_name, state]));
    expect([states.get("a"), states.get("b"), states.get("j")]).toEqual(["done", "claimed", "claimed"]);
    expect(await storedIds("a")).toEqual(upTo(10));
  });

  it("exportData() copies a chunk while the one before it is on its way", async () => {
    await world.sql(tables(1));
    await begin();
    const { client } = run.context;
    const order: string[] = [];
    const query = client.query.bind(client) as (...call: unknown[]) => unknown;
    run.context.client = new Proxy(client, { get: (target, name) => (name !== "query" ? Reflect.get(target, name, target) as unknown : (...call: unknown[]) => {
      if (typeof call[0] === "object") order.push("copy");
      return query(...call);
    }) });
    slowDown(300, () => void order.push("stored"));
    await exportData(run.context, await claimKind(run, "data"));
    expect(order).toEqual(["copy", "copy", "stored", "stored"]);
  });

  it("exportData() holds no lock while it waits for the storage", async () => {
    await world.sql(tables(6000));
    await begin({ maxChunkBytes: 70_000 });
    const { rows: [worker] } = await run.context.client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const seen: unknown[] = [];
    slowDown(300, async () => void seen.push(...await world.sql(
      "select a.state, (select count(*)::integer from pg_locks l where l.pid = a.pid and l.relation is not null) as locks from pg_stat_activity a where a.pid = $1", [worker?.pid])));
    await exportAll();
    expect(seen).toEqual([{ state: "idle", locks: 0 }, { state: "idle", locks: 0 }]);
    expect([await storedIds("a"), await storedIds("b")]).toEqual([upTo(10), upTo(10)]);
  });

  it("exportData() begins no further chunk when much of its lease is over, and gives the rest back untried", async () => {
    await world.sql(tables(1));
    await begin();
    run.context.leaseMs = 0;
    await exportData(run.context, await claimKind(run, "data"));
    expect((await chunks()).map(({ state, attempts }) => [state, attempts])).toEqual([["done", 1], ["pending", 0]]);
    await exportAll();
    expect([await storedIds("a"), await storedIds("b")]).toEqual([upTo(10), upTo(10)]);
  });
});
