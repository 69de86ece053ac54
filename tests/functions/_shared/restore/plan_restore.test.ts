import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { planRestore } from "../../../../functions/_shared/restore/plan_restore.ts";
import type { RestoreRequest } from "../../../../functions/_shared/restore/prepare_restore.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { names } from "../../../support/restore_pair.ts";
import { writeBackup, type WrittenBackup } from "../../../support/written_backup.ts";

describe("planRestore()", () => {
  let source: TestDatabase;
  let target: TestDatabase;
  let session: Client;
  let written: WrittenBackup;
  const opened: Client[] = [];
  beforeAll(async () => {
    [source, target] = [await createTestDatabase(), await createTestDatabase()];
    session = await connect(source.url, { applicationName: "holdfast test" });
    await session.query(`create schema shop; create table shop.orders (id integer primary key, note text); create index orders_note on shop.orders (note); create table shop.other (n integer);
      insert into shop.orders select g, 'n' from generate_series(1, 100) g; create policy own on shop.orders for select to anon using (true)`);
    written = await writeBackup(session, ["shop"]);
    await session.end();
    session = await connect(target.url, { applicationName: "holdfast test" });
  });
  afterAll(async () => {
    await session.end();
    await source.drop();
    await target.drop();
  });
  const plan = (change: Partial<Omit<RestoreRequest, "options">> & { options?: Partial<RestoreRequest["options"]> } = {}) => planRestore({
    s3: written.storage, from: "latest", tables: [], schemas: [], intoExisting: null, connect: async (applicationName) => {
      const client = await connect(target.url, { applicationName });
      opened.push(client);
      return client;
    }, ...change, options: { dataOnly: false, schemaOnly: false, skipDamaged: false, prove: true, workers: 2, ...change.options },
  });
  const isUntouched = async () => (await session.query("select to_regnamespace('shop') is null and to_regnamespace('holdfast_restore') is null and to_regnamespace('backup') is null as untouched")).rows;

  it("planRestore() says what would be done before and after the rows, with what, and how long it may take, and writes nothing", async () => {
    const found = await plan();
    expect(found).toMatchObject({ backup: { manifestSha256: written.backup.manifestSha256 }, target: { database: target.name }, leftOut: [] });
    expect(names(found.before)).toEqual(expect.arrayContaining(["create schema shop", "create table shop.orders"]));
    expect(names(found.before).join()).not.toMatch(/index|policy|_pkey/);
    expect(names(found.after)).toEqual(expect.arrayContaining(["create constraint orders_pkey of shop.orders", "create index shop.orders_note", "create policy own of shop.orders"]));
    expect(found.tables.map((one) => [one.name, one.rows])).toEqual([["orders", 100], ["other", 0]]);
    expect(found.expectedSeconds).toBeGreaterThan(0);
    expect(await isUntouched()).toEqual([{ untouched: true }]);
    expect(await opened.at(-1)?.query("select 1").then(() => "open", () => "closed")).toBe("closed");
  });

  it("planRestore() leaves out what the restore would leave out", async () => {
    expect((await plan({ options: { schemaOnly: true } })).tables).toEqual([]);
    const part = await plan({ tables: ["shop.other"] });
    expect([part.tables.map((one) => one.name), names(part.before), names(part.after)]).toEqual([["other"], ["create schema shop", "create table shop.other"], []]);
  });

  it("planRestore() assumes that roles of the backup will be there, where the whole of it is restored", async () => {
    const role = `planned_${process.pid}`;
    const admin = await connect(source.adminUrl, { applicationName: "holdfast test" });
    await admin.query(`create role ${role}; create policy theirs on shop.orders for select to ${role} using (true)`);
    const { storage } = await writeBackup(admin, ["shop"], {}, [role]);
    await admin.query(`drop policy theirs on shop.orders; drop role ${role}`);
    await admin.end();
    expect(names((await plan({ s3: storage })).after)).toContain("create policy theirs of shop.orders");
    // A part makes no roles.
    const part = await plan({ s3: storage, tables: ["shop.orders"] });
    expect(names(part.after)).not.toContain("create policy theirs of shop.orders");
    expect(part.leftOut).toContainEqual(expect.objectContaining({ reason: "role", subject: "policy theirs of shop.orders" }));
  });

  it("planRestore() plans rows alone into tables that are there and empty, and refuses filled ones with HF502", async () => {
    await session.query("create schema shop; create table shop.orders (id integer primary key, note text)");
    try {
      await expect(plan({ options: { dataOnly: true } })).rejects.toMatchObject({ code: "HF502", detail: expect.stringContaining("shop.orders") });
      const rows = await plan({ intoExisting: target.name, options: { dataOnly: true } });
      expect([rows.tables.map((one) => one.name), rows.before, rows.after]).toEqual([["orders"], [], []]);
      expect(rows.leftOut).toEqual([expect.objectContaining({ reason: "unsupported", subject: "rows of shop.other" })]);
      await session.query("insert into shop.orders values (1, 'x')");
      await expect(plan({ intoExisting: target.name })).rejects.toMatchObject({ code: "HF502", message: expect.stringContaining("rows already") });
      // Those of a restore that is under way are its own.
      await session.query(`create schema holdfast_restore; create table holdfast_restore.chunks (key text, rows bigint); create table holdfast_restore.restore as
        select '${written.backup.manifest.run_id}'::text as run_id, '${written.backup.manifestSha256}'::text as manifest_sha256, '{}'::jsonb as options, 'data'::text as phase, now() as started_at, '{}'::jsonb as phase_seconds, '{}'::text[] as acting_as, '[]'::jsonb as left_out`);
      expect((await plan()).tables.map((one) => one.name)).toEqual(["orders", "other"]);
    } finally {
      await session.query("drop schema if exists shop, holdfast_restore cascade");
    }
  });

  it("planRestore() refuses what a restore would refuse, and closes its session", async () => {
    await expect(plan({ from: "20200101T000000Z-aaaaaa" })).rejects.toMatchObject({ code: "HF500" });
    await expect(plan({ tables: ["shop.gone"] })).rejects.toMatchObject({ code: "HF508" });
    await expect(plan({ connect: () => Promise.reject(new HoldfastError("HF104", "no")) })).rejects.toMatchObject({ code: "HF104" });
    expect(await Promise.all(opened.map((one) => one.query("select 1").then(() => "open", () => "closed")))).toEqual(opened.map(() => "closed"));
  });
});
