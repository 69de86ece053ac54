import type { FactBase } from "@supabase/pg-delta/core";
import type { Client } from "pg";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { nameOf } from "./fact_edits.ts";
import type { LeftOut } from "./restore_context.ts";
import { type SleepingEventTrigger, sleepingEventTriggers } from "./sleeping_event_triggers.ts";

const FOUND_SQL = `
  select e.evtname as name, e.evtevent as event, e.evtenabled::text as enabled, n.nspname as "functionSchema", p.proname as "functionName"
  from pg_catalog.pg_event_trigger e
  join pg_catalog.pg_proc p on p.oid = e.evtfoid join pg_catalog.pg_namespace n on n.oid = p.pronamespace`;

/** Event triggers of the backup that the restore has left disabled in the target. */
export async function findSleeping(client: Client, schema: FactBase): Promise<SleepingEventTrigger[]> {
  const { rows } = await client.query<Record<string, unknown>>(FOUND_SQL);
  const found = new Map(rows.map((row) => [row["name"], row]));
  return sleepingEventTriggers(schema, (name) => found.get(name));
}

/** Enables them as they are in the source, within the caller's transaction. What the role may not enable is added to `leftOut`. */
export async function wakeEventTriggers(client: Client, sleeping: readonly SleepingEventTrigger[], leftOut: LeftOut[]): Promise<void> {
  for (const { id, sql } of sleeping) {
    await client.query("savepoint wake");
    try {
      await client.query(sql);
    } catch (error) {
      const state = sqlStateOf(error);
      if (state === undefined) throw error;
      await client.query("rollback to savepoint wake");
      leftOut.push({ reason: "role", subject: nameOf(id), message: `It stays disabled, as the server refuses to enable it (SQLSTATE ${state}): ${sql}` });
    }
    await client.query("release savepoint wake");
  }
}
