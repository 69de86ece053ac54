import type { Client } from "pg";
import type { ManifestTable } from "../export/manifest.ts";
import type { LeftOut, RestoreContext, RestoreOptions } from "../restore/restore_context.ts";
import { inspectTarget, type TargetInfo } from "../restore/target.ts";
import type { DrillContext } from "./drill_context.ts";

/** A drill restores everything, and one damaged object is what it is looking for. */
export const DRILL_OPTIONS: RestoreOptions = { only: null, dataOnly: false, schemaOnly: false, skipDamaged: false, prove: true, workers: 1 };

/** What the planning step keeps for those that come after it. */
export interface PlannedTables {
  tables: { schema: string; name: string }[];
  left_out: LeftOut[];
}

/** The scratch database began empty, so no schema in it is somebody else's, whoever owns it by now. */
export async function scratchTarget(client: Client, wantedExtensions: readonly string[] = []): Promise<TargetInfo> {
  return { ...await inspectTarget(client, wantedExtensions), platformSchemas: [] };
}

/** The tables that the planning step has chosen, as the manifest lists them. */
export async function plannedTables(context: DrillContext): Promise<ManifestTable[]> {
  const [plan] = (await context.ledger.results("plan_before")) as PlannedTables[];
  const wanted = new Set(plan?.tables.map(({ schema, name }) => JSON.stringify([schema, name])) ?? []);
  return (await context.backup()).manifest.tables.filter(({ schema, name }) => wanted.has(JSON.stringify([schema, name])));
}

/** A step of a restore sees the scratch database as `holdfast restore` sees its target. What it adds to `leftOut` is its own. */
export async function restoreContextOf(context: DrillContext): Promise<RestoreContext> {
  const client = await context.scratch();
  return {
    backup: await context.backup(),
    client,
    connect: context.connectScratch,
    target: await scratchTarget(client),
    options: DRILL_OPTIONS,
    tables: await plannedTables(context),
    leftOut: [],
    onProgress: () => undefined,
  };
}
