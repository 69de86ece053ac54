import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { inject } from "vitest";
import { applyMigrations } from "../../stack/apply_migrations.ts";
import { databaseSettingsSql } from "../../stack/postgres/server_settings.ts";
import { REPO_ROOT } from "../../stack/repo_root.ts";
import type { ClusterInfo } from "./cluster_info.ts";

export interface TestDatabase {
  name: string;
  /** As role `postgres`, which is not a superuser. */
  url: string;
  /** As the bootstrap superuser, for arranging what a user cannot. */
  adminUrl: string;
  drop(): Promise<void>;
}

export interface CreateTestDatabaseOptions {
  /** With supabase/migrations applied. */
  migrated?: boolean;
  /** With supabase/seed.sql loaded as well; implies migrated. */
  seeded?: boolean;
}

const TEMPLATES = { bare: undefined, migrated: "holdfast_template_migrated", seeded: "holdfast_template_seeded" } as const;
/** One lock for building templates and for copying them: a template with a session in it cannot be copied. */
const TEMPLATE_LOCK = 4_021_977;

/**
 * A database of its own for a test file, a copy of a template that the first caller of the run makes. It looks like a
 * new Supabase project. cron.* can be called in it and fills cron.job, but nothing runs the jobs and pg_net sends
 * nothing: both serve one database per cluster, so tests that need them start a whole stack with startStack().
 */
export async function createTestDatabase(options: CreateTestDatabaseOptions = {}): Promise<TestDatabase> {
  const cluster = inject("holdfastCluster");
  const template = options.seeded === true ? TEMPLATES.seeded : options.migrated === true ? TEMPLATES.migrated : TEMPLATES.bare;
  const name = `test_${process.pid}_${randomBytes(4).toString("hex")}`;
  await asAdmin(cluster, async (admin) => {
    await admin.query("select pg_advisory_lock($1)", [TEMPLATE_LOCK]);
    if (template !== undefined) await ensureTemplate(cluster, admin, template);
    await copyDatabase(admin, template ?? cluster.bareTemplate, name);
  });
  return {
    name,
    url: urlOf(cluster, "postgres", name),
    adminUrl: urlOf(cluster, cluster.adminRole, name),
    drop: () => asAdmin(cluster, (admin) => admin.query(`drop database if exists ${name} with (force)`)),
  };
}

async function ensureTemplate(cluster: ClusterInfo, admin: pg.Client, template: string): Promise<void> {
  const found = await admin.query("select from pg_database where datname = $1", [template]);
  if (found.rowCount === 1) return;
  const parent = template === TEMPLATES.seeded ? TEMPLATES.migrated : cluster.bareTemplate;
  if (parent !== cluster.bareTemplate) await ensureTemplate(cluster, admin, parent);
  const draft = `${template}_draft`;
  await admin.query(`drop database if exists ${draft} with (force)`);
  await copyDatabase(admin, parent, draft);
  if (template === TEMPLATES.migrated) await applyMigrations(urlOf(cluster, "postgres", draft));
  else await loadSeed(urlOf(cluster, "postgres", draft));
  await admin.query(`alter database ${draft} rename to ${template}`);
}

async function loadSeed(url: string): Promise<void> {
  const file = join(REPO_ROOT, "supabase", "seed.sql");
  if (!existsSync(file)) throw new Error("supabase/seed.sql does not exist, so there is no seeded database");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(readFileSync(file, "utf8"));
  } finally {
    await client.end();
  }
}

async function copyDatabase(admin: pg.Client, template: string, name: string): Promise<void> {
  // Copying files forces two checkpoints, which cost nothing without fsync: 50 ms against 150 ms through the WAL.
  await admin.query(`create database ${name} template ${template} strategy file_copy`);
  await admin.query(databaseSettingsSql(name));
}

function urlOf(cluster: ClusterInfo, role: string, database: string): string {
  return `postgresql://${role}:${cluster.password}@${cluster.host}:${cluster.port}/${database}`;
}

async function asAdmin(cluster: ClusterInfo, work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client({ connectionString: urlOf(cluster, cluster.adminRole, "postgres") });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}
