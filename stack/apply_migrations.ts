import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { HoldfastError } from "../functions/_shared/errors/holdfast_error.ts";
import { REPO_ROOT } from "./repo_root.ts";

export interface ApplyMigrationsOptions {
  dir?: string;
  /** Called before each file that still has to run. */
  onFile?: (name: string, index: number, total: number) => void;
}

/**
 * Applies supabase/migrations in the way the Supabase CLI does: in order, one transaction per file, each recorded in
 * supabase_migrations.schema_migrations. Connect as `postgres`. Returns the versions applied by this call.
 * @throws HF903 when a file fails; it is rolled back and those before it stay
 */
export async function applyMigrations(databaseUrl: string, options: ApplyMigrationsOptions = {}): Promise<string[]> {
  const dir = options.dir ?? join(REPO_ROOT, "supabase", "migrations");
  const client = new pg.Client({ connectionString: databaseUrl, application_name: "holdfast migrations" });
  await client.connect();
  try {
    await client.query(`
      create schema if not exists supabase_migrations;
      create table if not exists supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
      set statement_timeout = 0`);
    const done = await client.query<{ version: string }>("select version from supabase_migrations.schema_migrations");
    const known = new Set(done.rows.map((row) => row.version));
    const pending = migrationFiles(dir).filter((file) => !known.has(file.version));
    for (const [index, file] of pending.entries()) {
      options.onFile?.(file.fileName, index + 1, pending.length);
      await applyOne(client, dir, file);
    }
    return pending.map((file) => file.version);
  } finally {
    await client.end();
  }
}

export interface MigrationFile {
  fileName: string;
  version: string;
  name: string;
}

/** The migrations of a folder, in the order they are applied. */
export function migrationFiles(dir: string): MigrationFile[] {
  return readdirSync(dir).sort().flatMap((fileName) => {
    const [, version, name] = /^(\d{14})_(.+)\.sql$/.exec(fileName) ?? [];
    return version === undefined || name === undefined ? [] : [{ fileName, version, name }];
  });
}

async function applyOne(client: pg.Client, dir: string, file: MigrationFile): Promise<void> {
  const sql = readFileSync(join(dir, file.fileName), "utf8");
  try {
    await client.query("begin");
    await client.query(sql);
    await client.query("insert into supabase_migrations.schema_migrations (version, statements, name) values ($1, $2, $3)", [file.version, [sql], file.name]);
    await client.query("commit");
    // A migration may leave settings such as check_function_bodies behind; the next one starts clean.
    await client.query("reset all; set statement_timeout = 0");
  } catch (cause) {
    await client.query("rollback").catch(() => {});
    throw new HoldfastError("HF903", `Migration ${file.fileName} failed`, {
      cause,
      detail: describe(cause, sql),
      hint: "Correct the file and apply the migrations again.",
    });
  }
}

function describe(cause: unknown, sql: string): string {
  if (!(cause instanceof pg.DatabaseError)) return String(cause);
  const line = cause.position === undefined ? undefined : sql.slice(0, Number(cause.position)).split("\n").length;
  return [cause.message, line === undefined ? undefined : `line ${line}`, cause.detail, cause.hint, cause.where].filter((part) => part !== undefined).join("; ");
}
