import type { FactBase } from "@supabase/pg-delta/core";
import type { ManifestTable } from "../export/manifest.ts";
import { closeClient } from "../database/close_client.ts";
import type { Backup } from "./backup_source.ts";
import { findFrozen } from "./find_frozen.ts";
import { estimateSeconds } from "./estimate_remaining.ts";
import { nameOf } from "./fact_edits.ts";
import { leaveClosedTables } from "./leave_closed_tables.ts";
import type { ArchivedObject } from "./list_archived.ts";
import { planSchema, type SchemaAction } from "./plan_schema.ts";
import { prepareSession } from "./prepare_session.ts";
import { refuseFilledTables } from "./refuse_filled_tables.ts";
import { refuseFiringTriggers } from "./refuse_firing_triggers.ts";
import { phasesOf, prepareRestore, withoutSkipped, type RestoreRequest } from "./prepare_restore.ts";
import type { LeftOut } from "./restore_context.ts";
import { selectTables } from "./select_tables.ts";
import { sleepingEventTriggers } from "./sleeping_event_triggers.ts";
import type { TargetInfo } from "./target.ts";

/** What a restore would do. */
export interface RestorePlan {
  backup: Backup;
  target: TargetInfo;
  before: SchemaAction[];
  after: SchemaAction[];
  tables: ManifestTable[];
  leftOut: LeftOut[];
  /** Objects that have to be thawed first. */
  frozen: ArchivedObject[];
  /** A guess from the amount of data, without thawing. */
  expectedSeconds: number;
}

/**
 * Finds out what a restore would do, and writes nothing. What only the first steps decide, such as whether a role can be
 * created, is assumed to work.
 *
 * @throws {HoldfastError} as `restoreBackup` before its first write.
 */
export async function planRestore(request: RestoreRequest): Promise<RestorePlan> {
  const client = await prepareSession(await request.connect("holdfast restore --dry-run"));
  try {
    const { backup, schema, target: found, options, unfinished, loaded } = await prepareRestore(client, request);
    const roles = new Map(found.roles);
    if (options.only === null) {
      for (const { id } of schema.facts()) if (id.kind === "role" && !roles.has(id.name)) roles.set(id.name, { isMember: true });
    }
    const target = { ...found, roles };
    const plan = await planSchema(client, backup, schema, target, options);
    const leftOut = options.dataOnly ? [] : [...plan.leftOut];
    let tables = options.schemaOnly ? [] : selectTables(backup.manifest, options.only, options.dataOnly ? plan.current : plan.desired, target.platformSchemas, leftOut);
    tables = await leaveClosedTables(client, tables, target, leftOut);
    if (unfinished === null) tables = await refuseFilledTables(client, tables, plan.current, leftOut);
    tables = withoutSkipped(tables, unfinished);
    await refuseFiringTriggers(client, backup, tables, target, loaded);
    const rawBytes = tables.reduce((sum, one) => sum + one.raw_bytes, 0);
    return {
      backup, target, tables, leftOut, frozen: await findFrozen(backup, tables, loaded), before: options.dataOnly ? [] : plan.before,
      after: options.dataOnly ? [] : [...plan.after, ...(options.only === null ? wakeActions(schema, plan.desired) : [])],
      expectedSeconds: estimateSeconds(phasesOf(options), rawBytes),
    };
  } finally {
    await closeClient(client);
  }
}

/** What comes when everything else has been proven. */
function wakeActions(schema: FactBase, desired: FactBase): SchemaAction[] {
  return sleepingEventTriggers(schema, (name) => desired.get({ kind: "eventTrigger", name })?.payload).map(({ id, sql }) =>
    ({ sql, verb: "alter", name: nameOf(id), subject: id, tables: [], constraintType: null, commitAfter: false, alone: false }));
}
