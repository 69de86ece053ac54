import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyMigrations } from "../../stack/apply_migrations.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

describe("applyMigrations()", () => {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-migrations-"));
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client(database.url);
    await client.connect();
    writeFileSync(join(dir, "20260101000000_first.sql"), "set search_path = ''; create table public.first (id int);");
    writeFileSync(join(dir, "20260102000000_second.sql"), "create table second (id int);");
    writeFileSync(join(dir, "notes.sql"), "this is no migration");
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
    rmSync(dir, { recursive: true });
  });

  it("applyMigrations() applies pending files in order as postgres and records them", async () => {
    expect(await applyMigrations(database.url, { dir })).toEqual(["20260101000000", "20260102000000"]);
    const { rows } = await client.query("select version, name, statements from supabase_migrations.schema_migrations order by version");
    expect(rows).toEqual([
      { version: "20260101000000", name: "first", statements: ["set search_path = ''; create table public.first (id int);"] },
      { version: "20260102000000", name: "second", statements: ["create table second (id int);"] },
    ]);
    // Settings of one file do not reach the next: `second` found its schema.
    const tables = await client.query("select relname, relowner::regrole::text as owner from pg_class where relnamespace = 'public'::regnamespace order by 1");
    expect(tables.rows).toEqual([{ relname: "first", owner: "postgres" }, { relname: "second", owner: "postgres" }]);
    expect(await applyMigrations(database.url, { dir })).toEqual([]);
  });

  it("applyMigrations() installs Holdfast beside functions that have the names of the server's", async () => {
    const shadowed = await createTestDatabase();
    const owner = new pg.Client(shadowed.url);
    try {
      await owner.connect();
      await owner.query(`create function public.format(text, text) returns text language sql as $$ select 'drop schema public cascade' $$;
        create function public.concat_ws(text, text, text) returns text language sql as $$ select 'nothing' $$`);
      await applyMigrations(shadowed.url);
      const { rows } = await owner.query("select obj_description('backup'::regnamespace) ~ 'Build [0-9a-f]{12}\\.$' as built, to_regnamespace('public') is not null as unharmed");
      expect(rows).toEqual([{ built: true, unharmed: true }]);
    } finally {
      await owner.end();
      await shadowed.drop();
    }
  });

  it("applyMigrations() rolls a failing file back and names its line with HF903", async () => {
    writeFileSync(join(dir, "20260103000000_third.sql"), "create table public.third (id int);\nselect nothing_here;");
    await expect(applyMigrations(database.url, { dir })).rejects.toMatchObject({ code: "HF903", detail: expect.stringContaining("line 2") });
    const { rows } = await client.query("select to_regclass('public.third') as found, count(*)::int as recorded from supabase_migrations.schema_migrations");
    expect(rows).toEqual([{ found: null, recorded: 2 }]);
  });
});
