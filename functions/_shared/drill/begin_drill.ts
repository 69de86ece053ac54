import { openRestoreState } from "../restore/restore_state.ts";
import type { DrillContext, StepOutcome } from "./drill_context.ts";
import { createScratchDatabase } from "./scratch_database.ts";

/** Opens the restore point, creates the scratch database and plans the first steps. Roles are those of the server. */
export async function beginDrill(context: DrillContext): Promise<StepOutcome> {
  const backup = await context.backup();
  await createScratchDatabase(context.client, context.drill.scratch_database);
  await openRestoreState(await context.scratch(), {
    runId: backup.manifest.run_id, manifestSha256: backup.manifestSha256, options: { drill: context.drill.drill_id } });
  return {
    append: [
      { kind: "install", phase: "install" },
      { kind: "plan_before", phase: "schema_before", alone: true },
    ],
  };
}
