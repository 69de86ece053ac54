import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import type { BackupConfig } from "../../../../functions/_shared/export/config.ts";
import { inSavepoint, withHoldfast } from "../../../../functions/_shared/prove/with_holdfast.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

const config: BackupConfig = {
  format: "holdfast-config", format_version: 1, access_probes: [],
  tables: {
    settings: [{ id: true, project_ref: "of-the-source" }], policies: [],
    critical_tables: [{ schema_name: "shop", table_name: "orders", min_rows: 1, required_columns: [] }],
    sample_queries: [{ name: "of the source", query: "select 1", expectation: "non_empty" }],
    access_probes: [{ name: "of the source", role_name: "anon", claims: {}, schema_name: "shop", table_name: "orders" }],
  },
};

let bare: TestDatabase;
let migrated: TestDatabase;
const sessions: Client[] = [];
const open = async (database: TestDatabase) => {
  const client = await connect(database.url, { applicationName: "holdfast test" });
  sessions.push(client);
  return client;
};
beforeAll(async () => {
  bare = await createTestDatabase();
  migrated = await createTestDatabase({ migrated: true });
});
afterAll(async () => {
  for (const one of sessions) await one.end();
  await bare.drop();
  await migrated.drop();
});

const one = async (client: Client, sql: string) => (await client.query<Record<string, unknown>>(sql)).rows[0];
const isThere = async (client: Client) => (await one(client, "select to_regclass('backup.settings') is not null as there"))?.["there"];
const expectations = (client: Client) => one(client, `select (select string_agg(name, ',') from backup.sample_queries) as queries, (select string_agg(table_name, ',') from backup.critical_tables) as tables,
  (select string_agg(name, ',') from backup.access_probes) as probes, (select count(*)::integer from backup.policies) as policies, (select project_ref from backup.settings) as project`);
/** A failed or open transaction refuses or changes what comes after it. */
const isIdle = async (client: Client) => (await one(client, "select now() = statement_timestamp() as idle"))?.["idle"];

describe("withHoldfast()", () => {
  it("withHoldfast() brings Holdfast along where there is none, and leaves nothing of it", async () => {
    const client = await open(bare);
    expect(await withHoldfast(client, undefined, () => isThere(client))).toBe(true);
    expect(await isThere(client)).toBe(false);
    expect(await isIdle(client)).toBe(true);
  });

  it("withHoldfast() expects of the data what the source did, in place of what the target does, and only while it looks", async () => {
    const client = await open(migrated);
    await client.query("insert into backup.sample_queries (name, query, expectation) values ('of the target', 'select 2', 'non_empty')");
    const before = await expectations(client);
    expect(before).toMatchObject({ queries: "of the target", tables: null, probes: null });
    // How the source is backed up is no expectation of its data.
    expect(await withHoldfast(client, config, () => expectations(client))).toEqual({ ...before, queries: "of the source", tables: "orders", probes: "of the source" });
    expect(await expectations(client)).toEqual(before);
    expect(await withHoldfast(client, undefined, () => expectations(client))).toEqual(before);
  });

  it("withHoldfast() calls no event trigger of the backup, and looks as everybody does", async () => {
    const client = await open(bare);
    const admin = await connect(bare.adminUrl, { applicationName: "holdfast test" });
    await admin.query(`create function public.hear() returns event_trigger language plpgsql as 'begin raise exception ''heard''; end';
      create event trigger hear on ddl_command_end execute function public.hear()`);
    const look = await withHoldfast(client, undefined, () => one(client, "select current_setting('session_replication_role') as role, to_regclass('backup.settings') is not null as there"))
      .finally(async () => {
        await admin.query("drop event trigger hear; drop function public.hear");
        await admin.end();
      });
    expect(look).toEqual({ role: "origin", there: true });
  });

  it("withHoldfast() undoes what was written, also when the look fails, whose error it passes on", async () => {
    const client = await open(migrated);
    const write = () => client.query("insert into backup.sample_queries (name, query, expectation) values ('by a check', 'select 3', 'non_empty')");
    await withHoldfast(client, undefined, write);
    await expect(withHoldfast(client, undefined, async () => {
      await write();
      await client.query("select 1 / 0");
    })).rejects.toMatchObject({ code: "22012" });
    expect(await isIdle(client)).toBe(true);
    expect(await one(client, "select from backup.sample_queries where name = 'by a check'")).toBeUndefined();
  });

  it("withHoldfast() passes on that it cannot be brought along, and leaves the session usable", async () => {
    const client = await open(bare);
    await client.query("set role anon");
    const look = () => Promise.reject(new Error("not reached"));
    await expect(withHoldfast(client, undefined, look)).rejects.toMatchObject({ code: "42501" });
    await client.query("reset role");
    expect(await isIdle(client)).toBe(true);
  });

  it("withHoldfast() tells the error of the look, not that a lost session could not be rolled back", async () => {
    const lost = { query: (sql: string) => (sql === "begin" ? Promise.resolve({ rows: [] }) : sql === "rollback" ? Promise.reject(new Error("no session")) : Promise.resolve({ rows: [{ installed: true }] })) } as unknown as Client;
    await expect(withHoldfast(lost, undefined, () => Promise.reject(new Error("the look")))).rejects.toThrow("the look");
    expect(await withHoldfast(lost, undefined, () => Promise.resolve(4))).toBe(4);
  });
});

describe("inSavepoint()", () => {
  it("inSavepoint() undoes what was done within it and leaves the transaction around it usable, also after a failure", async () => {
    const client = await open(migrated);
    await client.query("begin; create temporary table kept (n integer) on commit drop");
    expect(await inSavepoint(client, async () => (await client.query("insert into kept values (1)")).rowCount)).toBe(1);
    await expect(inSavepoint(client, () => client.query("select from nothing"))).rejects.toMatchObject({ code: "42P01" });
    await expect(inSavepoint(client, () => Promise.reject(new Error("ours")))).rejects.toThrow("ours");
    expect(await one(client, "select count(*)::integer as n from kept")).toEqual({ n: 0 });
    await client.query("rollback");
  });
});
