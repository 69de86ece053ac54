import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Ledger } from "../../../../functions/_shared/export/ledger.ts";
import { chunkListSchema } from "../../../../functions/_shared/export/manifest.ts";
import { MANIFEST_NAME, writeManifest } from "../../../../functions/_shared/export/write_manifest.ts";
import { claimManifest, createExportWorld, type ExportWorld, openRun, type OpenRun, planned, readManifest } from "../../../support/export_world.ts";

describe("writeManifest()", () => {
  let world: ExportWorld;
  let run: OpenRun;

  beforeAll(async () => {
    world = await createExportWorld();
  });

  beforeEach(async () => {
    await world.sql(`
      drop schema if exists shop cascade; create schema shop;
      update backup.settings set included_schemas = '{shop}', chunk_bytes = 8388608 where id;
      create table shop.a as select g as id from generate_series(1, 10) g; create table shop.empty (id integer);
      create view shop.v as select 1 as one; create materialized view shop.m as select 1 as one`);
    run = await openRun(world);
    await planned(run);
  });

  afterEach(async () => {
    world.storage.faults.clear();
    await run.close();
  });

  afterAll(async () => {
    await world.close();
  });

  const state = async (): Promise<string | undefined> => (await world.sql<{ state: string }>("select state from backup.runs where run_id = $1", [run.runId]))[0]?.state;
  const manifestKey = () => run.context.objectPrefix + MANIFEST_NAME;
  const hasManifest = async () => (await world.keys(run.context.objectPrefix)).includes(manifestKey());

  it("writeManifest() stores a manifest that describes every table and object, and completes the run", async () => {
    const chunk = await claimManifest(run);
    await writeManifest(run.context, chunk);
    const manifest = await readManifest(world, manifestKey());
    const [expected] = await world.sql<{ fingerprint: string }>("select fingerprint from backup.table_fingerprint('shop.a')");
    expect(manifest.tables).toMatchObject([
      { schema: "shop", name: "a", columns: ["id"], rows: 10, fingerprint: expected?.fingerprint, chunks: [{ rows: 10, first_tid: "(0,0)", end_tid: null }] },
      { schema: "shop", name: "empty", rows: 0, fingerprint: "0".repeat(16), chunks: [] },
    ]);
    expect(manifest.excluded).toContainEqual({ schema: "shop", name: "m", reason: expect.stringContaining("materialized view") });
    expect(manifest).toMatchObject({ run_id: run.runId, snapshot: { id: run.context.snapshotId }, tool: { version: run.context.toolVersion } });
    expect(await state()).toBe("complete");
    const [row] = await world.sql<{ manifest_key: string; manifest_sha256: string }>("select manifest_key, manifest_sha256 from backup.runs where run_id = $1", [run.runId]);
    expect(row).toEqual({ manifest_key: manifestKey(), manifest_sha256: createHash("sha256").update(await world.s3.getObject(manifestKey())).digest("hex") });
  });

  it("writeManifest() says in the manifest, too, that the storage dropped the storage class", async () => {
    const chunk = await claimManifest(run);
    const { s3 } = run.context;
    const headObject: typeof s3.headObject = async (key, options) => {
      const found = await s3.headObject(key, options);
      return found === null ? null : { ...found, storageClass: "STANDARD" };
    };
    const properties = { storageClass: "GLACIER_IR", tags: {}, lock: null, refused: new Set<"tags" | "storageClass">() };
    await writeManifest({ ...run.context, s3: { ...s3, headObject }, properties }, chunk);
    expect((await readManifest(world, manifestKey())).warnings).toContainEqual(expect.objectContaining({ code: "storage_class_refused", subject: "GLACIER_IR" }));
  });

  it("writeManifest() succeeds in a second attempt when the first one died between storing and reporting", async () => {
    const chunk = await claimManifest(run);
    const dying = new Ledger(run.context.client);
    dying.finish = async () => { throw new Error("the worker died"); };
    await expect(writeManifest({ ...run.context, ledger: dying }, chunk)).rejects.toThrow("the worker died");
    expect([await hasManifest(), await state()]).toEqual([true, "exporting"]);
    const first = await world.s3.getObject(manifestKey());
    await sleep(1100);
    await world.sql("update backup.chunks set lease_until = now() - interval '1 second' where run_id = $1 and state = 'claimed'", [run.runId]);
    const again = await claimManifest(run);
    expect(again.attempt).toBe(2);
    await writeManifest(run.context, again);
    expect(await state()).toBe("complete");
    expect(await world.s3.getObject(manifestKey())).toEqual(first);
  });

  it.each([
    ["a new table", "create table shop.late (id integer)"],
    ["a new column", "alter table shop.a add column late integer"],
    ["a changed default", "alter table shop.a alter column id set default 7"],
    ["a new policy", "create policy late on shop.a using (true)"],
    ["a changed function", "create function shop.late() returns integer language sql as 'select 1'"],
  ])("writeManifest() throws HF302 after %s and stores no manifest", async (_, change) => {
    const chunk = await claimManifest(run);
    await world.sql(change);
    await expect(writeManifest(run.context, chunk)).rejects.toMatchObject({ code: "HF302" });
    expect([await hasManifest(), await state()]).toEqual([false, "exporting"]);
  });

  it("writeManifest() does not take VACUUM, ANALYZE and new rows for a changed schema", async () => {
    const chunk = await claimManifest(run);
    await world.sql("insert into shop.a values (99)");
    await world.sql("vacuum analyze shop.a");
    await writeManifest(run.context, chunk);
    expect(await state()).toBe("complete");
  });

  it("writeManifest() throws HF308 when the storage accepted an object and lost it, and stores no manifest", async () => {
    world.storage.faults.add({ kind: "lost", method: "PUT", key: "data/shop\\.a/" });
    const chunk = await claimManifest(run);
    await expect(writeManifest(run.context, chunk)).rejects.toMatchObject({ code: "HF308", message: expect.stringContaining("data/shop.a/") });
    expect([await hasManifest(), await state()]).toEqual([false, "exporting"]);
  });

  it("writeManifest() throws HF304 when copied rows do not add up to those of the snapshot", async () => {
    const chunk = await claimManifest(run);
    await world.sql("update backup.chunks set rows = rows - 1 where run_id = $1 and kind = 'data'", [run.runId]);
    await expect(writeManifest(run.context, chunk)).rejects.toMatchObject({ code: "HF304", message: expect.stringContaining("shop.a") });
    expect(await hasManifest()).toBe(false);
  });

  it("writeManifest() throws what the storage says and leaves the run open for another attempt", async () => {
    const chunk = await claimManifest(run);
    world.storage.faults.add({ kind: "status", status: 503, code: "SlowDown", method: "PUT", key: "manifest", times: 0 });
    await expect(writeManifest(run.context, chunk)).rejects.toMatchObject({ code: "HF203" });
    world.storage.faults.clear();
    await writeManifest(run.context, chunk);
    expect(await state()).toBe("complete");
  });

  it("writeManifest() throws HF004 or HF003 when the claim went to another worker, and does not complete the run", async () => {
    const chunk = await claimManifest(run);
    await world.sql("update backup.chunks set claim_id = gen_random_uuid() where run_id = $1 and state = 'claimed'", [run.runId]);
    await expect(writeManifest(run.context, chunk)).rejects.toMatchObject({ code: "HF004" });
    expect(await state()).toBe("exporting");
  });

  it("writeManifest() keeps a long chunk list in an object of its own", async () => {
    await run.close();
    await world.sql(`update backup.settings set chunk_bytes = 8192 where id;
                     create table shop."long list" as select g as id, repeat('x', 5000) as t from generate_series(1, 520) g;
                     alter table shop."long list" alter column t set storage plain; update shop."long list" set t = repeat('y', 5000); vacuum full shop."long list"`.split("; vacuum")[0] ?? "");
    await world.sql('vacuum full shop."long list"');
    run = await openRun(world);
    await planned(run);
    await writeManifest(run.context, await claimManifest(run));
    const manifest = await readManifest(world, manifestKey());
    const table = manifest.tables.find(({ name }) => name === "long list");
    expect(table?.chunks).toBeUndefined();
    const bytes = await world.s3.getObject(run.context.objectPrefix + (table?.chunk_list?.key ?? ""));
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(table?.chunk_list?.sha256);
    const list = chunkListSchema.parse(JSON.parse(gunzipSync(bytes).toString()));
    expect(list.length).toBeGreaterThan(500);
    expect(list.reduce((sum, one) => sum + one.rows, 0)).toBe(520);
    expect(manifest.totals.objects).toBe((await world.keys(run.context.objectPrefix)).length - 1);
  }, 60_000);
});
