import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { withClient } from "../../functions/_shared/database/connect.ts";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { formatCount } from "../../functions/_shared/report/format_quantity.ts";
import { applyMigrations, migrationFiles } from "../../stack/apply_migrations.ts";
import { compareBuild } from "../../stack/compare_build.ts";
import { REPO_ROOT } from "../../stack/repo_root.ts";
import type { Stack } from "../../stack/start_stack.ts";

const SESSION = { applicationName: "holdfast demo" };
const MIGRATIONS = join(REPO_ROOT, "supabase", "migrations");

/** Migrates the stack's database, loads the sample clinic once, turns backups on and tells the database where its functions are. */
export async function prepareSample(stack: Stack, say: (text: string) => void): Promise<void> {
  await withClient(stack.databaseUrl, SESSION, (client) => removeOtherBuild(client, say));
  await applyMigrations(stack.databaseUrl);
  await withClient(stack.databaseUrl, SESSION, async (client) => {
    const { rows: [there] } = await client.query<{ loaded: boolean }>("select to_regclass('public.tenants') is not null as loaded");
    if (there?.loaded === true) {
      say("The sample clinic is loaded already.");
    } else {
      say("Loading the sample clinic …");
      const started = performance.now();
      // The seed is written for the search_path of a Supabase project.
      await client.query('set search_path = "$user", public, extensions');
      await client.query(readFileSync(join(REPO_ROOT, "supabase", "seed.sql"), "utf8"));
      await client.query("analyze");
      await client.query("set search_path = ''");
      say(`Loaded in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
    }
    await client.query("update backup.settings set functions_url = $1, project_ref = 'sample-clinic' where id", [stack.functionsUrl]);
    await configureChecks(client);
    const { rows: jobs } = await client.query<{ job_name: string; schedule: string }>("select * from backup.enable()");
    say("Scheduled with pg_cron (UTC):");
    for (const job of jobs) say(`  ${job.schedule.padEnd(12)} ${job.job_name}`);
  });
}

/**
 * Makes room for this checkout's schema backup in the data of an earlier run. The demo's own project alone: there, nothing
 * in the schema is anybody's but the demo's.
 */
export async function removeOtherBuild(client: Client, say: (text: string) => void): Promise<void> {
  if (await compareBuild(client) !== "other") return;
  say("Schema backup is of another build of Holdfast: creating it again. Earlier backups stay in the bucket; the list of them starts anew.");
  await client.query("drop schema if exists backup, backup_tests cascade");
  // Absent where the schema was not created by this stack.
  const { rows: [history] } = await client.query<{ there: boolean }>("select to_regclass('supabase_migrations.schema_migrations') is not null as there");
  if (history?.there === true) {
    await client.query("delete from supabase_migrations.schema_migrations where version = any ($1)", [migrationFiles(MIGRATIONS).map((file) => file.version)]);
  }
}

/** What an owner would tell Holdfast about this clinic: which tables matter, and questions whose answers are known. */
async function configureChecks(client: Client): Promise<void> {
  await client.query("create extension if not exists pgtap with schema extensions");
  await client.query("select backup.install_tests()");
  await client.query(
    `insert into backup.critical_tables (schema_name, table_name, min_rows, required_columns)
     select 'public', t, 1, c from (values ('tenants', '{id}'::text[]), ('profiles', '{id}'), ('pets', '{id}'), ('owners', '{id}')) as v(t, c)
     on conflict do nothing`);
  await client.query(
    `insert into backup.sample_queries (name, query, expectation, expected_value, max_ms) values
       ('every tenant has pets', 'select count(*) from public.tenants t where not exists (select from public.pets p where p.tenant_id = t.id)', 'scalar_equals', '0', 5000)
     on conflict do nothing`);
}

/**
 * Installs schema backup when it is missing, and nothing else: this database belongs to somebody.
 *
 * @throws {HoldfastError} HF906 when it has Holdfast of another build, whose ledger is not the demo's to drop
 */
export async function prepareOwnDatabase(url: string, say: (text: string) => void): Promise<void> {
  await withClient(url, SESSION, async (client) => {
    const { rows: [there] } = await client.query<{ tables: string; size: string }>(
      `select pg_size_pretty(pg_database_size(current_database())) as size,
              (select count(*) from pg_stat_user_tables where schemaname <> 'backup') as tables`);
    say(`Your database: ${formatCount(Number(there?.tables ?? 0))} tables, ${there?.size ?? "?"}.`);
    const build = await compareBuild(client);
    if (build === "other") {
      throw new HoldfastError("HF906", "Cannot use this database as it has another build of Holdfast than this checkout", {
        hint: "Nothing was changed. Run the checkout it came from, or remove it with drop schema backup, backup_tests cascade; "
          + "the demo installs it again. That forgets settings and the list of backups, not the backups in the bucket.",
      });
    }
    if (build === "same") return;
    say("Installing schema backup …");
    await client.query("begin");
    try {
      // A plain PostgreSQL lacks the roles of a Supabase project. A demo must not create roles, so their rights are left out.
      const { rows: [role] } = await client.query<{ there: boolean }>(
        "select exists (select from pg_catalog.pg_roles r where r.rolname = 'service_role') as there");
      for (const { fileName } of migrationFiles(MIGRATIONS)) {
        const sql = readFileSync(join(MIGRATIONS, fileName), "utf8");
        await client.query(role?.there === true ? sql : withoutRights(sql));
      }
      await client.query("commit");
    } catch (error) {
      await client.query("rollback");
      throw error;
    }
  });
}

/** The migration without the one-line statements that name the API role. */
function withoutRights(sql: string): string {
  return sql.replace(/^(grant|create policy)\b[^\n]*\bto service_role\b[^\n]*;$/gm, "");
}
