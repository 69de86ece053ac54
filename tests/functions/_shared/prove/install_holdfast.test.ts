import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { createHoldfast, installHoldfast, isInstalled } from "../../../../functions/_shared/prove/install_holdfast.ts";
import type { LeftOut } from "../../../../functions/_shared/restore/restore_context.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { withContent } from "../../../support/with_content.ts";

const policy = (name: string, provider: string) => ({ name, provider, frequency: "weekly", schedule: null, retention: "90 days", enabled: true, description: "" });
const config = {
  format: "holdfast-config", format_version: 1, access_probes: [],
  tables: {
    settings: [{ id: true, project_ref: "source", functions_url: "https://source.example/functions/v1" }],
    policies: [policy("offsite", "aws_s3"), policy("daily", "supabase")],
    sample_queries: [{ name: "of the source", query: "select 1", expectation: "non_empty" }],
  },
};
const globals = (bypass: boolean) => ({ roles: [{ name: "service_role", login: false, inherit: true, create_role: false, create_db: false, connection_limit: -1, superuser: false, replication: false, bypass_rls: bypass }], memberships: [], settings: [], cron_jobs: null });

const databases: TestDatabase[] = [];
const sessions: Client[] = [];
afterAll(async () => {
  for (const one of sessions) await one.end();
  for (const one of databases) await one.drop();
});
async function open(): Promise<Client> {
  const database = await createTestDatabase();
  databases.push(database);
  const client = await connect(database.url, { applicationName: "holdfast test" });
  sessions.push(client);
  return client;
}
const rows = async (client: Client, sql: string) => (await client.query<Record<string, unknown>>(sql)).rows;

describe("installHoldfast()", () => {
  let client: Client;
  beforeAll(async () => {
    client = await open();
  });

  it("installHoldfast() does not begin with a damaged config.json: HF501, and nothing is there", async () => {
    await expect(installHoldfast({ client, backup: withContent({ "config.json": { format: "another" } }), leftOut: [] })).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining("config.json") });
    expect(await isInstalled(client)).toBe(false);
  });

  it("installHoldfast() undoes everything when the globals are damaged: HF501", async () => {
    await expect(installHoldfast({ client, backup: withContent({ "config.json": config, "globals.json": {} }), leftOut: [] })).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining("globals.json") });
    expect(await isInstalled(client)).toBe(false);
    expect(await rows(client, "select now() = statement_timestamp() as idle")).toEqual([{ idle: true }]);
  });

  it("installHoldfast() lists that the role may not create it, and goes on", async () => {
    const leftOut: LeftOut[] = [];
    await client.query("set role anon");
    await installHoldfast({ client, backup: withContent({ "config.json": config }), leftOut });
    await client.query("reset role");
    expect(leftOut).toEqual([{ reason: "role", subject: "schema backup", message: expect.stringContaining("42501") }]);
    expect(await isInstalled(client)).toBe(false);
  });

  it("installHoldfast() lists that a schema of this name is something else, and leaves it as it is", async () => {
    const leftOut: LeftOut[] = [];
    await client.query("create schema backup create table runs (n integer)");
    await installHoldfast({ client, backup: withContent({ "config.json": config }), leftOut });
    expect(leftOut).toMatchObject([{ reason: "role", subject: "schema backup", message: expect.stringMatching(/SQLSTATE 42/) }]);
    expect(await rows(client, "select c.relname as name from pg_class c where c.relnamespace = 'backup'::regnamespace")).toEqual([{ name: "runs" }]);
    await client.query("drop schema backup cascade");
  });

  it("installHoldfast() installs it as the source had it, and nothing that would start by itself", async () => {
    const leftOut: LeftOut[] = [];
    await installHoldfast({ client, backup: withContent({ "config.json": config, "globals.json": globals(true) }), leftOut });
    expect(leftOut).toEqual([]);
    expect(await isInstalled(client)).toBe(true);
    expect(await rows(client, "select s.project_ref, s.functions_url from backup.settings s")).toEqual([{ project_ref: "source", functions_url: null }]);
    expect(await rows(client, "select p.name, p.enabled from backup.policies p order by 1")).toEqual([{ name: "daily", enabled: true }, { name: "offsite", enabled: false }]);
    expect(await rows(client, "select q.name from backup.sample_queries q")).toEqual([{ name: "of the source" }]);
    expect(await rows(client, "select from cron.job j where j.database = current_database()")).toEqual([]);
  });

  it("installHoldfast() leaves one that is there as it is, and does not even read the backup", async () => {
    await client.query("update backup.settings set project_ref = 'target', functions_url = 'https://target.example' where id");
    await installHoldfast({ client, backup: withContent({ "config.json": { format: "another" } }), leftOut: [] });
    expect(await rows(client, "select s.project_ref, s.functions_url from backup.settings s")).toEqual([{ project_ref: "target", functions_url: "https://target.example" }]);
  });

  it("installHoldfast() of a backup without a configuration has the defaults", async () => {
    await client.query("drop schema backup, backup_tests cascade");
    await installHoldfast({ client, backup: withContent({}), leftOut: [] });
    expect(await rows(client, "select s.project_ref, s.functions_url from backup.settings s")).toEqual([{ project_ref: "local", functions_url: null }]);
    expect(await rows(client, "select from backup.policies p where p.provider = 'aws_s3' and p.enabled")).toEqual([]);
  });

  it.each([["a lost connection", { code: "08006" }], ["a full disk", { code: "53100" }], ["a bug", {}]])("installHoldfast() does not take %s for a right that is missing", async (_what, fields) => {
    const leftOut: LeftOut[] = [];
    const failing = { query: (sql: string) => (/as installed$/.test(sql) ? Promise.resolve({ rows: [{ installed: false }] }) : /^(begin|rollback)$/.test(sql) ? Promise.resolve({ rows: [] }) : Promise.reject(Object.assign(new Error("x"), fields))) } as unknown as Client;
    await expect(installHoldfast({ client: failing, backup: withContent({}), leftOut })).rejects.toMatchObject(fields);
    expect(leftOut).toEqual([]);
  });
});

describe("isInstalled()", () => {
  it("isInstalled() tells a database with Holdfast from one that has only a schema of this name", async () => {
    const client = await open();
    expect(await isInstalled(client)).toBe(false);
    await client.query("create schema backup");
    expect(await isInstalled(client)).toBe(false);
    await client.query("create table backup.settings (id boolean)");
    expect(await isInstalled(client)).toBe(true);
    await client.query("set role anon");
    expect(await isInstalled(client)).toBe(true);
  });
});

describe("createHoldfast()", () => {
  /** Statements that a server with or without the role is asked to run. */
  async function statements(exists: boolean, superuser: boolean, ...bypass: [boolean?]): Promise<string[]> {
    const sent: string[] = [];
    const client = { query: (sql: string) => {
      sent.push(sql);
      return Promise.resolve({ rows: [{ exists, superuser }] });
    } } as unknown as Client;
    await createHoldfast(client, ...bypass);
    return sent.filter((sql) => sql.startsWith("create role"));
  }

  it("createHoldfast() makes the role its policies name where there is none, above row security as in the source", async () => {
    expect(await statements(true, true)).toEqual([]);
    expect(await statements(false, true)).toEqual(["create role service_role nologin bypassrls"]);
    expect(await statements(false, true, false)).toEqual(["create role service_role nologin"]);
    // Only a superuser can give that away; asking for it would fail.
    expect(await statements(false, false)).toEqual(["create role service_role nologin"]);
  });
});
