import type { FactBase } from "@supabase/pg-delta/core";
import type { Client } from "pg";
import type { AgeIdentities } from "../encryption/age_identities.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { ManifestTable } from "../export/manifest.ts";
import type { ApplyHooks } from "./apply_actions.ts";
import { type Backup, type BackupStorage, openBackup } from "./backup_source.ts";
import { readSchema } from "./plan_schema.ts";
import { refuseEventTriggers } from "./refuse_event_triggers.ts";
import type { RestoreOptions, RestorePhase, RestoreProgress } from "./restore_context.ts";
import { loadedChunks, readRestoreState, type RestoreState } from "./restore_state.ts";
import { resolveSelection } from "./select_tables.ts";
import { tableName } from "./table_name.ts";
import { checkTarget, inspectTarget, type TargetInfo } from "./target.ts";
import { unsealBackup } from "./unseal_backup.ts";

export interface RestoreRequest {
  s3: BackupStorage;
  /** A run id, `latest` or `latest-verified`. */
  from: string;
  /** Needed where a bucket holds several and no run is named. */
  project?: string | undefined;
  /** Needed for an encrypted backup. */
  identities?: AgeIdentities | null;
  /** Opens a session with the target. */
  connect(applicationName: string): Promise<Client>;
  /** Names of tables and schemas that are wanted; both empty: all. */
  tables: readonly string[];
  schemas: readonly string[];
  options: Omit<RestoreOptions, "only">;
  /** Name of the target's database, to say that what it holds is known of. */
  intoExisting: string | null;
  /** Spent on thawing objects for this restore; part of the time it takes. */
  thawSeconds?: number;
  onProgress?(progress: RestoreProgress): void;
  /** Does for the role of the restore what it was denied, where the target is the caller's own. */
  lend?: ApplyHooks["lend"];
}

/** Backup and target, looked at and found to fit; nothing was written. */
export interface PreparedRestore {
  backup: Backup;
  schema: FactBase;
  target: TargetInfo;
  options: RestoreOptions;
  /** The same restore, begun earlier in this target; null when this is its first call. */
  unfinished: RestoreState | null;
  /** Objects whose rows are in the target already. */
  loaded: ReadonlySet<string>;
}

/**
 * Opens the restore point and looks at the target.
 *
 * @throws {HoldfastError} HF500 no such restore point, HF501 damaged, HF502 target refused, HF503 another restore is unfinished, HF508 unknown table,
 * HF701 encrypted, HF702 no identity opens it.
 */
export async function prepareRestore(client: Client, request: RestoreRequest): Promise<PreparedRestore> {
  const backup = await unsealBackup(await openBackup(request.s3, request.from, request.project), request.identities ?? null);
  const schema = await readSchema(backup);
  const only = resolveSelection(backup.manifest, schema, request.tables, request.schemas);
  const unfinished = await readRestoreState(client);
  const extensions = schema.facts().flatMap(({ id }) => (id.kind === "extension" ? [id.name] : []));
  const found = await inspectTarget(client, extensions);
  if (unfinished !== null && unfinished.manifestSha256 !== backup.manifestSha256) {
    throw new HoldfastError("HF503", `Database "${found.database}" holds an unfinished restore of run ${unfinished.runId}`, {
      hint: `Finish it with --from ${unfinished.runId}, or restore into another database.` });
  }
  // Schemas this restore has made may look like those of a platform by now; what counts is what was there at its start.
  const platform = unfinished?.options["platformSchemas"];
  const target = Array.isArray(platform) ? { ...found, platformSchemas: platform.map(String) } : found;
  await checkTarget(client, backup, target, { intoExisting: request.intoExisting, resuming: unfinished !== null });
  refuseEventTriggers(target, request.options);
  const loaded = unfinished === null ? new Set<string>() : await loadedChunks(client);
  return { backup, schema, target, options: { ...request.options, only }, unfinished, loaded };
}

/** Tables that an unfinished restore leaves out, it leaves out to its end. */
export function withoutSkipped(tables: ManifestTable[], unfinished: RestoreState | null): ManifestTable[] {
  const skipped = unfinished?.options["skipped"];
  return Array.isArray(skipped) ? tables.filter((one) => !skipped.includes(tableName(one))) : tables;
}

/** Phases of a restore with these options. */
export function phasesOf(options: RestoreOptions): RestorePhase[] {
  const whole = options.only === null && !options.dataOnly;
  return [
    "check", ...(whole && !options.schemaOnly ? ["install" as const] : []), ...(whole ? ["roles" as const] : []),
    ...(options.dataOnly ? [] : ["schema_before" as const]),
    ...(options.schemaOnly ? [] : ["data" as const, "sequences" as const]),
    ...(options.dataOnly ? [] : ["schema_after" as const]),
    ...(whole && !options.schemaOnly ? ["cron_jobs" as const] : []), ...(options.schemaOnly ? [] : ["analyze" as const]),
    ...(options.prove ? ["prove" as const] : []),
  ];
}
