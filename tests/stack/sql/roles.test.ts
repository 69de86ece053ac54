import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";

describe("roles and schemas of a new project", () => {
  let database: TestDatabase;
  let postgres: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    postgres = new pg.Client(database.url);
    await postgres.connect();
  });
  afterAll(async () => {
    await postgres.end();
    await database.drop();
  });

  it("postgres is not a superuser and has the hosted attributes", async () => {
    const { rows } = await postgres.query(
      "select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles where rolname = current_user",
    );
    expect(rows).toEqual([{ rolsuper: false, rolcreatedb: true, rolcreaterole: true, rolreplication: true, rolbypassrls: true }]);
  });

  it.each([
    ["copy (select 1) to program 'true'", "42501"],
    ["alter system set work_mem = '8MB'", "42501"],
    ["create table auth.mine (id int)", "42501"],
    ["create table storage.mine (id int)", "42501"],
    ["truncate storage.objects", "42501"],
    ["alter table auth.users add column mine text", "42501"],
    ["insert into auth.schema_migrations values ('9')", "42501"],
    ["update cron.job set active = false", "42501"],
    ["insert into vault.secrets (secret) values ('x')", "42501"],
    ["delete from storage.objects", "42501"],
    ["insert into auth.users (id, confirmed_at) values (gen_random_uuid(), now())", "428C9"],
  ])("postgres is refused %s", async (sql, sqlState) => {
    await expect(postgres.query(sql)).rejects.toMatchObject({ code: sqlState });
  });

  it.each([
    "select rolpassword from pg_authid where rolname = 'postgres'",
    "set session_replication_role = replica; delete from storage.objects; reset session_replication_role",
    "begin; set local storage.allow_delete_query = 'true'; delete from storage.objects; rollback",
    "insert into storage.buckets (id, name) values ('b', 'b')",
    "insert into storage.objects (bucket_id, name) values ('b', 'x/y')",
    "select * from cron.job; select * from cron.job_run_details; select * from net._http_response",
    "create extension pgtap with schema extensions; select extensions.plan(1); drop extension pgtap",
    "begin isolation level repeatable read; select pg_export_snapshot(); rollback",
    "select pg_create_logical_replication_slot('s', 'pgoutput', true)",
  ])("postgres may %s", async (sql) => {
    await expect(postgres.query(sql)).resolves.toBeDefined();
  });

  it("generated columns follow their sources", async () => {
    await postgres.query("insert into auth.users (id, email_confirmed_at) values ('00000000-0000-0000-0000-000000000001', '2026-01-01Z')");
    await postgres.query(`insert into auth.identities (provider_id, provider, user_id, identity_data)
      values ('p', 'email', '00000000-0000-0000-0000-000000000001', '{"email": "A@B.example"}')`);
    const users = await postgres.query("select confirmed_at from auth.users");
    const identities = await postgres.query("select email from auth.identities");
    const objects = await postgres.query("select path_tokens from storage.objects");
    expect(users.rows).toEqual([{ confirmed_at: new Date("2026-01-01Z") }]);
    expect(identities.rows).toEqual([{ email: "a@b.example" }]);
    expect(objects.rows).toEqual([{ path_tokens: ["x", "y"] }]);
  });

  it("vault keeps ciphertext in the table and hands the secret out through the view", async () => {
    const { rows } = await postgres.query("select vault.create_secret('first', 'name') as id");
    await postgres.query("select vault.update_secret($1, 'second')", [rows[0].id]);
    const secrets = await postgres.query("select secret, decrypted_secret from vault.decrypted_secrets");
    expect(secrets.rows[0].decrypted_secret).toBe("second");
    expect(secrets.rows[0].secret).not.toContain("second");
  });

  it("statement timeout and search path are those of the platform", async () => {
    const { rows } = await postgres.query("select current_setting('statement_timeout') as timeout, current_setting('search_path') as path, current_setting('wal_level') as wal");
    expect(rows).toEqual([{ timeout: "2min", path: '"$user", public, extensions', wal: "logical" }]);
  });

  it("the server is the flavor asked for", async () => {
    const { rows } = await postgres.query("select current_setting('server_version') as version");
    expect(rows[0].version).toContain(inject("holdfastCluster").serverVersion);
  });

  it("amcheck is in pg_catalog for postgres only", async () => {
    const { rows } = await postgres.query("select has_function_privilege('postgres', 'pg_catalog.bt_index_check(regclass)', 'execute') as mine, has_function_privilege('anon', 'pg_catalog.bt_index_check(regclass)', 'execute') as anon");
    expect(rows).toEqual([{ mine: true, anon: false }]);
  });
});
