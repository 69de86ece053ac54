import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lendRights } from "../../cli/lend_rights.ts";
import { connect } from "../../functions/_shared/database/connect.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { queryRows } from "../support/query_rows.ts";
import { waitUntil } from "../support/wait_until.ts";

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = await connect(database.url, { applicationName: "holdfast test" });
  await client.query(`create schema app; create table app.t (id integer); create function app.hear() returns event_trigger language plpgsql as 'begin end';
    create function app.on_user() returns trigger language plpgsql as 'begin return new; end';
    create function app.validate(text[], oid) returns void language plpgsql as 'begin create table app.seen_by_validator as select current_user; end'`);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});
const lend = (sql: string) => lendRights(() => connect(database.adminUrl, { applicationName: "holdfast test" }), { sql });
const found = async (sql: string) => (await queryRows(database.adminUrl, sql)).length;

const LENT: [string, string][] = [
  [`CREATE POLICY "own files" ON "storage"."objects" USING (true)`, "select from pg_policies where policyname = 'own files'"],
  [`COMMENT ON POLICY "own files" ON "storage"."objects" IS 'c'`, "select from pg_policy where obj_description(oid, 'pg_policy') = 'c'"],
  ["CREATE TRIGGER on_user AFTER INSERT ON storage.migrations FOR EACH ROW EXECUTE FUNCTION app.on_user()", "select from pg_trigger where tgname = 'on_user'"],
  [`CREATE EVENT TRIGGER "hear; it" ON ddl_command_end EXECUTE FUNCTION "app"."hear"(); ALTER EVENT TRIGGER "hear; it" DISABLE`,
    "select from pg_event_trigger where evtname = 'hear; it' and evtenabled = 'D' and evtowner = 'postgres'::regrole"],
  [`CREATE PUBLICATION "everything" FOR ALL TABLES`, "select from pg_publication where puballtables and pubowner = 'postgres'::regrole"],
  [`CREATE FOREIGN DATA WRAPPER "plain"`, "select from pg_foreign_data_wrapper where fdwname = 'plain' and fdwowner = 'postgres'::regrole"],
  [`CREATE SERVER "s" FOREIGN DATA WRAPPER "dblink_fdw"`, "select from pg_foreign_server where srvowner = 'postgres'::regrole"],
];

describe("lendRights()", () => {
  it.each(LENT)("lendRights() does for postgres what it may not: %s", async (sql, made) => {
    await expect(client.query(sql)).rejects.toMatchObject({ code: "42501" });
    expect(await lend(sql)).toBe(true);
    expect(await found(made)).toBe(1);
  });

  it("lendRights() leaves postgres what it was, in every session and at every time", async () => {
    const { rows } = await client.query("select rolsuper from pg_roles where rolname = 'postgres'");
    expect(rows).toEqual([{ rolsuper: false }]);
  });

  it("lendRights() waits for whoever else changes the role", async () => {
    const admin = await connect(database.adminUrl, { applicationName: "holdfast test" });
    await admin.query("begin; alter role postgres connection limit -1");
    const lent = lend("CREATE PUBLICATION waited FOR ALL TABLES");
    await waitUntil(async () => (await found("select from pg_locks where relation = 'pg_authid'::regclass and not granted")) > 0);
    await admin.query("commit");
    await admin.end();
    expect(await lent).toBe(true);
  });

  it.each(["copy app.t to program 'true'", "create table app.made ()", "alter role postgres superuser", `DO $$ begin create table app.made (); end $$`])("lendRights() lends nothing else: %s", async (sql) => {
    expect(await lend(sql)).toBe(false);
    expect(await found("select from pg_class where relname = 'made'")).toBe(0);
  });

  it("lendRights() runs nothing that is written behind a statement", async () => {
    expect(await lend("CREATE PUBLICATION p FOR ALL TABLES; create table app.made ()")).toBe(false);
    expect(await lend(`CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION app.hear(); create table app.made (); ALTER EVENT TRIGGER "e" DISABLE`)).toBe(false);
    expect(await found("select from pg_class where relname = 'made' union all select from pg_publication where pubname = 'p' union all select from pg_event_trigger where evtname = 'e'")).toBe(0);
  });

  it("lendRights() calls no event trigger of the project", async () => {
    await client.query(`create function app.spy() returns event_trigger language plpgsql as 'begin create table app.seen_by_spy (); end'`);
    expect(await lend("CREATE EVENT TRIGGER spy ON ddl_command_start EXECUTE FUNCTION app.spy()")).toBe(true);
    expect(await lend("CREATE POLICY late ON storage.objects USING (true)")).toBe(true);
    expect(await lend("CREATE SERVER late FOREIGN DATA WRAPPER dblink_fdw")).toBe(true);
    expect(await found("select from pg_class where relname = 'seen_by_spy'")).toBe(0);
    await queryRows(database.adminUrl, "set session_replication_role = replica; drop event trigger spy");
  });

  it("lendRights() calls no validator of the project", async () => {
    expect(await lend("CREATE FOREIGN DATA WRAPPER w HANDLER dblink\nVALIDATOR app.validate")).toBe(false);
    await queryRows(database.adminUrl, "create foreign data wrapper checked validator app.validate; drop table app.seen_by_validator; grant usage on foreign data wrapper checked to postgres");
    expect(await lend("CREATE SERVER c FOREIGN DATA WRAPPER checked")).toBe(false);
    expect(await found("select from pg_class where relname = 'seen_by_validator'")).toBe(0);
  });

  it("lendRights() says when the statement fails for another reason", async () => expect(await lend("CREATE POLICY p ON nothing.here USING (true)")).toBe(false));
});
