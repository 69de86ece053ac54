import { closeClient } from "../database/close_client.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { Backup } from "../restore/backup_source.ts";
import { keepFrozen } from "../restore/keep_frozen.ts";
import { listArchived } from "../restore/list_archived.ts";
import { openRestoreState } from "../restore/restore_state.ts";
import type { DrillContext, StepOutcome } from "./drill_context.ts";
import type { ClaimedStep } from "./drill_ledger.ts";
import { createScratchDatabase } from "./scratch_database.ts";

/** Why a function cannot read an archived run, which says nothing about the backup. */
export const ARCHIVED = "The run is archived, and thawing it takes longer than functions live. Run holdfast drill --from <run> --thaw, or drill a run that is not archived.";

/**
 * Why functions cannot open a backup, which says nothing about it: an identity belongs off the platform, a huge manifest needs more memory.
 */
async function openOrExplain(context: DrillContext): Promise<Backup | { skip: string }> {
  try {
    return await context.backup();
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    switch (error.code) {
      case "HF701":
        return { skip: "The backup is encrypted, and its identity is not on this platform, where it does not belong. Run holdfast drill --identity <file> where the identity is." };
      case "HF702":
        return { skip: `The identity in HOLDFAST_DRILL_AGE_IDENTITY does not open the backup. ${error.detail ?? ""} Run holdfast drill --identity <file>, or set the secret to the right one.` };
      case "HF209":
        return { skip: `${error.message}. ${error.detail ?? ""} Edge Functions have not the memory for it: run holdfast drill where it can be run.` };
      case "HF703":
        return { skip: `${error.message}. ${error.hint ?? ""}` };
      default:
        throw error;
    }
  }
}

/**
 * Opens the restore point, creates the scratch database and plans the first steps. Roles are those of the server.
 *
 * @throws {HoldfastError} HF522 the drill has ended, HF523 another worker has the step: nothing was created then.
 */
export async function beginDrill(context: DrillContext, step: ClaimedStep): Promise<StepOutcome> {
  const backup = await openOrExplain(context);
  if ("skip" in backup) return backup;
  // One tells, as a run is archived as a whole; the one that is not is met when it is read.
  const [archived] = await listArchived(backup.s3, backup.prefix);
  if (archived !== undefined && (await keepFrozen(backup.s3, [archived])).length > 0) return { skip: ARCHIVED };
  // A worker that was presumed dead would drop the database of its successor.
  await context.ledger.renew(step);
  const client = await context.connect("holdfast restore-drill");
  try {
    // May take longer than a lease, which is renewed meanwhile on the session of the ledger.
    await createScratchDatabase(client, context.drill.scratch_database);
  } finally {
    await closeClient(client);
  }
  await openRestoreState(await context.scratch(), {
    runId: backup.manifest.run_id, manifestSha256: backup.manifestSha256, options: { drill: context.drill.drill_id } });
  return {
    append: [
      { kind: "install", phase: "install" },
      { kind: "plan_before", phase: "schema_before", alone: true },
    ],
  };
}
