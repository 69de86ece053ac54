import type pg from "pg";
import type { StableId } from "@supabase/pg-delta/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lendRights } from "../../cli/lend_rights.ts";
import { connect } from "../../functions/_shared/database/connect.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { queryRows } from "../support/query_rows.ts";
import { waitUntil } from "../support/wait_until.ts";

const OWNER = `lender_${process.pid}`;
let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = await connect(database.url, { applicationName: "holdfast test" });
  await client.query(`create schema app; create table app.t (id integer); create function app.hear() returns event_trigger language plpgsql as 'begin end';
    create function app.on_user() returns trigger language plpgsql as 'begin return new; end';
    create function app.validate(text[], oid) returns void language plpgsql as 'begin create table app.seen_by_validator as select current_user; end'`);
  await queryRows(database.adminUrl, `create role ${OWNER}; create schema theirs authorization ${OWNER}; grant usage on schema theirs to postgres; create table theirs.objects (id integer); alter table theirs.objects owner to ${OWNER};
    create table theirs.admins (id integer)`);
});
afterAll(async () => {
  await client.end();
  await queryRows(database.adminUrl, `drop owned by ${OWNER} cascade; drop role ${OWNER}`);
  await database.drop();
});
const none: StableId = { kind: "schema", name: "app" };
const policy = { kind: "policy", schema: "theirs", table: "objects", name: "own files" } as const satisfies StableId;
const trigger = { kind: "trigger", schema: "theirs", table: "objects", name: "on_user" } as const satisfies StableId;
const sessions = {
  openAdmin: () => connect(database.adminUrl, { applicationName: "holdfast test" }),
  openOwn: () => connect(database.url, { applicationName: "holdfast test" }),
};
const lend = (sql: string, subject: StableId = none) => lendRights(sessions, { sql, subject });
const found = async (sql: string) => (await queryRows(database.adminUrl, sql)).length;

const LENT: [string, string, StableId?][] = [
  [`CREATE POLICY "own files" ON "theirs"."objects" USING (true)`, "select from pg_policies where policyname = 'own files'", policy],
  [`COMMENT ON POLICY "own files" ON "theirs"."objects" IS 'c'`, "select from pg_policy where obj_description(oid, 'pg_policy') = 'c'", { kind: "comment", target: policy }],
  ["CREATE TRIGGER on_user AFTER INSERT ON theirs.objects FOR EACH ROW EXECUTE FUNCTION app.on_user()", "select from pg_trigger where tgname = 'on_user'", trigger],
  [`CREATE EVENT TRIGGER "hear; it" ON ddl_command_end EXECUTE FUNCTION "app"."hear"(); ALTER EVENT TRIGGER "hear; it" DISABLE`,
    "select from pg_event_trigger where evtname = 'hear; it' and evtenabled = 'D' and evtowner = 'postgres'::regrole"],
  [`CREATE PUBLICATION "where $1" FOR ALL TABLES`, "select from pg_publication where puballtables and pubowner = 'postgres'::regrole"],
  [`CREATE FOREIGN DATA WRAPPER "validator"`, "select from pg_foreign_data_wrapper where fdwname = 'validator' and fdwowner = 'postgres'::regrole"],
  [`CREATE SERVER "s" FOREIGN DATA WRAPPER "dblink_fdw" OPTIONS (host 'x', dbname 'it''s')`, "select from pg_foreign_server where srvowner = 'postgres'::regrole"],
];

describe("lendRights()", () => {
  it.each(LENT)("lendRights() does for postgres what it may not: %s", async (sql, made, subject) => {
    await expect(client.query(sql)).rejects.toMatchObject({ code: "42501" });
    expect(await lend(sql, subject)).toBe(true);
    expect(await found(made)).toBe(1);
  });

  it("lendRights() never runs an expression of the backup as a superuser", async () => {
    await client.query(`create table app.seen (who name, is_superuser boolean);
      create function app.check_it(text) returns boolean language plpgsql volatile as 'begin insert into app.seen select rolname, rolsuper from pg_roles where rolname = current_user; return true; end';
      create domain app.d as text check (app.check_it(value))`);
    expect(await lend(`CREATE POLICY forged ON theirs.objects USING ('{x}'::app.d[] is not null)`, { ...policy, name: "forged" })).toBe(true);
    expect(await lend(`CREATE POLICY forged ON theirs.admins USING ('{x}'::app.d[] is not null)`, { ...policy, table: "admins" })).toBe(false);
    expect(await lend(`CREATE POLICY forged ON theirs.objects USING ('{x}'::app.d[] is not null)`)).toBe(false);
    expect(await lend(`CREATE PUBLICATION forged FOR TABLE app.t WHERE ('{x}'::app.d[] is not null)`)).toBe(false);
    expect(await queryRows(database.adminUrl, "select distinct who, is_superuser from app.seen")).toEqual([{ who: "postgres", is_superuser: false }]);
  });

  it("lendRights() leaves postgres what it was, in every session and at every time", async () => {
    const { rows } = await client.query("select r.rolsuper, pg_has_role('postgres', $1, 'member') as member from pg_roles r where r.rolname = 'postgres'", [OWNER]);
    expect(rows).toEqual([{ rolsuper: false, member: false }]);
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

  it("lendRights() makes no event trigger that is enabled, so none is called by what is lent next", async () => {
    for (const on of ["ddl_command_start", "login"]) expect(await lend(`CREATE EVENT TRIGGER spy ON ${on} EXECUTE FUNCTION app.hear()`)).toBe(false);
    expect(await found("select from pg_event_trigger where evtenabled <> 'D' and evtowner = 'postgres'::regrole")).toBe(0);
  });

  it("lendRights() calls no validator of the project", async () => {
    for (const word of ["VALIDATOR", "validator"]) expect(await lend(`CREATE FOREIGN DATA WRAPPER w HANDLER dblink\n${word} app.validate`)).toBe(false);
    await queryRows(database.adminUrl, "create foreign data wrapper checked validator app.validate; drop table app.seen_by_validator; grant usage on foreign data wrapper checked to postgres");
    expect(await lend("CREATE SERVER c FOREIGN DATA WRAPPER checked")).toBe(false);
    expect(await found("select from pg_class where relname = 'seen_by_validator'")).toBe(0);
  });

  it("lendRights() says when the statement fails for another reason", async () => expect(await lend("CREATE POLICY p ON theirs.objects USING (nothing)", policy)).toBe(false));
});
