import { readdirSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diff } from "@supabase/pg-delta/core";
import { extract } from "@supabase/pg-delta/extract";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { orderSqlFiles } from "../../scripts/order_sql_files.ts";
import { readSqlFiles } from "../../scripts/read_sql_files.ts";
import { renderMigration } from "../../scripts/render_migration.ts";
import { createTestDatabase } from "../support/database.ts";
import type { TestDatabase } from "../support/database.ts";
import { queryRows } from "../support/query_rows.ts";
import { REPOSITORY, runSupabase } from "../support/run_supabase.ts";

const migrations = readdirSync(join(REPOSITORY, "supabase/migrations")).filter((name) => name.endsWith(".sql"));

async function extractFacts(url: string) {
  const pool = new pg.Pool({ connectionString: url });
  try {
    return (await extract(pool)).factBase;
  } finally {
    await pool.end();
  }
}

let pushed: TestDatabase;
beforeAll(async () => (pushed = await createTestDatabase()));
afterAll(() => pushed.drop());

describe("db push", () => {
  it("db push applies every migration to a new project, and does nothing the second time", async () => {
    const first = await runSupabase(["db", "push", `--remote=${pushed.url}`]);
    expect(first, first.stderr).toMatchObject({ status: 0 });
    for (const migration of migrations) expect(first.stderr).toContain(`Applying migration ${migration}`);

    const second = await runSupabase(["db", "push", `--remote=${pushed.url}`]);
    expect(second).toMatchObject({ status: 0, stdout: expect.stringContaining("Remote database is up to date.") });
  });

  it("db push leaves a history that migration list shows on both sides", async () => {
    const { status, stdout } = await runSupabase(["migration", "list", `--remote=${pushed.url}`]);
    expect(status).toBe(0);
    for (const migration of migrations) {
      const version = migration.slice(0, 14);
      expect(stdout.split(version).length - 1, `${version} locally and remotely`).toBe(2);
    }
  });

  it("db push of a migration that fails leaves nothing behind", async () => {
    const workdir = await mkdtemp(join(tmpdir(), "holdfast-push-"));
    const database = await createTestDatabase();
    try {
      await cp(join(REPOSITORY, "supabase/config.toml"), join(workdir, "supabase/config.toml"), { recursive: true });
      await cp(join(REPOSITORY, "supabase/migrations"), join(workdir, "supabase/migrations"), { recursive: true });
      const last = join(workdir, "supabase/migrations", migrations.at(-1) ?? "");
      await writeFile(last, "create schema backup;\nselect 1 / 0;\n");
      const { status, stderr } = await runSupabase(["db", "push", `--remote=${database.url}`], { workdir });
      expect(status).not.toBe(0);
      expect(stderr).toContain("22012");
      expect(await queryRows(database.url, "select 1 from pg_catalog.pg_namespace where nspname = 'backup'")).toEqual([]);
    } finally {
      await database.drop();
      await rm(workdir, { recursive: true, force: true });
    }
  });

  it("db push builds the same catalog as sql/ applied by hand in another order", async () => {
    const byHand = await createTestDatabase();
    try {
      const files = readSqlFiles(join(REPOSITORY, "sql"));
      const ordered = orderSqlFiles(files);
      const reversed = orderSqlFiles(files, (a, b) => (a < b ? 1 : a > b ? -1 : 0));
      expect(reversed).not.toEqual(ordered);
      await queryRows(byHand.url, renderMigration(reversed));
      // The history of migrations is the one thing a push adds.
      await queryRows(pushed.url, "drop schema supabase_migrations cascade");

      const [left, right] = await Promise.all([extractFacts(pushed.url), extractFacts(byHand.url)]);
      expect(left.facts().length).toBeGreaterThan(files.length);
      expect(diff(left, right)).toEqual([]);

      await queryRows(byHand.url, "comment on schema backup is 'other'");
      expect(diff(left, await extractFacts(byHand.url)), "a changed comment is seen").toHaveLength(1);
    } finally {
      await byHand.drop();
    }
  });
});
