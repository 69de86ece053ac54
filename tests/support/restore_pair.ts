import type { FactBase } from "@supabase/pg-delta/core";
import type pg from "pg";
import { connect } from "../../functions/_shared/database/connect.ts";
import { selectFacts } from "../../functions/_shared/export/select_facts.ts";
import type { Backup } from "../../functions/_shared/restore/backup_source.ts";
import { extractFacts } from "../../functions/_shared/restore/extract_facts.ts";
import { planSchema, type SchemaPlan } from "../../functions/_shared/restore/plan_schema.ts";
import type { RestoreOptions } from "../../functions/_shared/restore/restore_context.ts";
import { inspectTarget, type TargetInfo } from "../../functions/_shared/restore/target.ts";
import { createTestDatabase } from "./database.ts";
import { manifestOf, memoryBackup, memoryStorage } from "./memory_backup.ts";

/** Schemas of a new project that a backup does not cover. */
const LEFT = ["information_schema", "extensions", "cron", "net", "vault", "backup", "backup_tests", "holdfast_restore"];

/** A database to back up and one to restore into, both like a new project. */
export interface RestorePair {
  source: pg.Client;
  target: pg.Client;
  /** The target as its superuser. */
  admin: pg.Client;
  /** Facts of the source as its backup would have them. */
  schema(): Promise<FactBase>;
  inspect(): Promise<TargetInfo>;
  plan(options?: Partial<RestoreOptions>, change?: Partial<TargetInfo>): Promise<SchemaPlan>;
  backup: Backup;
  close(): Promise<void>;
}

export async function createRestorePair(sourceSql = "", targetSql = ""): Promise<RestorePair> {
  const databases = [await createTestDatabase(), await createTestDatabase()] as const;
  const open = (url: string) => connect(url, { applicationName: "holdfast test" });
  const [source, target, admin] = [await open(databases[0].url), await open(databases[1].url), await open(databases[1].adminUrl)];
  await source.query(sourceSql);
  await target.query(targetSql);
  const backup = memoryBackup(memoryStorage(), manifestOf({ server: { version: "15.0", version_num: 150_000, database: "source", settings: {} } }));
  const schema = async () => {
    const { rows } = await source.query<{ name: string }>("select n.nspname as name from pg_catalog.pg_namespace n where n.nspname !~ '^pg_'");
    return selectFacts(await extractFacts(source), new Set(rows.map(({ name }) => name).filter((name) => !LEFT.includes(name))));
  };
  return {
    source, target, admin, schema, backup,
    inspect: () => inspectTarget(target),
    plan: async (options = {}, change = {}) => planSchema(target, backup, await schema(), { ...await inspectTarget(target, ["citext", "pgcrypto", "uuid-ossp"]), ...change }, { only: null, ...options }),
    close: async () => {
      await Promise.all([source, target, admin].map((client) => client.end()));
      await Promise.all(databases.map((one) => one.drop()));
    },
  };
}

/** Actions as people read them. */
export const names = (actions: readonly { verb: string; name: string }[]): string[] => actions.map(({ verb, name }) => `${verb} ${name}`);
