import type { Client } from "pg";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { parseConfig } from "../export/config.ts";
import { readGlobals } from "../restore/read_globals.ts";
import { hasContent, readContent } from "../restore/read_object.ts";
import type { RestoreContext } from "../restore/restore_context.ts";
import { HOLDFAST_MIGRATION } from "./holdfast_migration.ts";
import { loadConfig } from "./load_config.ts";

/**
 * Installs Holdfast in a target that lacks it, configured as the source was, so that the restored database can be examined
 * with the same checks. Nothing is scheduled, and what would start by itself once schedules exist is off: the S3 policies,
 * and the address of the functions, which are the source's. One that is there already stays as it is.
 * A role that may not do it is no reason to stop a restore: the proof then says what it could not look at.
 *
 * @throws {HoldfastError} HF501 if config.json is damaged.
 */
export async function installHoldfast(context: Pick<RestoreContext, "backup" | "client" | "leftOut">): Promise<void> {
  const { backup, client } = context;
  if (await isInstalled(client)) return;
  const config = hasContent(backup, "config.json") ? parseConfig(await readContent(backup, "config.json")) : undefined;
  await client.query("begin");
  try {
    const inSource = hasContent(backup, "globals.json") ? (await readGlobals(backup)).roles.find((one) => one.name === "service_role") : undefined;
    await createHoldfast(client, inSource?.bypass_rls);
    if (config !== undefined) await loadConfig(client, config);
    await client.query("update backup.policies set enabled = false where provider = 'aws_s3'; update backup.settings set functions_url = null where id");
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    const state = sqlStateOf(error);
    // 42: no right to create, or a schema of this name that is something else. What else goes wrong is not about the target.
    if (state === undefined || !state.startsWith("42")) throw error;
    context.leftOut.push({ reason: "role", subject: "schema backup", message: `Holdfast could not be installed (SQLSTATE ${state}), so its checks cannot run.` });
  }
}

/** Whether the database has Holdfast, also where the role may not use it. */
export async function isInstalled(client: Client): Promise<boolean> {
  const { rows: [row] } = await client.query<{ installed: boolean }>(
    `select exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                    where n.nspname = 'backup' and c.relname = 'settings') as installed`);
  return row?.installed === true;
}

/**
 * Creates schema backup within the caller's transaction, and the one role its policies name.
 *
 * @param bypassRls whether that role stands above row security in the source; without a source, as Supabase has it
 */
export async function createHoldfast(client: Client, bypassRls = true): Promise<void> {
  const { rows: [role] } = await client.query<{ exists: boolean; superuser: boolean }>(
    `select exists (select from pg_catalog.pg_roles r where r.rolname = 'service_role') as exists,
            (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) as superuser`);
  // Only a superuser can give the second word away.
  if (role?.exists !== true) await client.query(`create role service_role nologin${bypassRls && role?.superuser === true ? " bypassrls" : ""}`);
  await client.query(HOLDFAST_MIGRATION);
}
