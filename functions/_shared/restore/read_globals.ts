import { z } from "zod";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { globalsSchema } from "../export/render_roles.ts";
import type { Backup } from "./backup_source.ts";
import { readContent } from "./read_object.ts";

const attributes = z.object({ superuser: z.boolean(), replication: z.boolean(), bypass_rls: z.boolean() });

const schema = globalsSchema.extend({
  roles: z.array(globalsSchema.shape.roles.element.extend(attributes.shape)),
  /** Settings of the database; role null: for everybody. */
  settings: z.array(z.object({ role: z.string().nullable(), settings: z.array(z.string()).nullable() })),
  cron_jobs: z.array(z.object({
    name: z.string().nullable(), schedule: z.string(), command: z.string(), database: z.string(), username: z.string(), active: z.boolean(),
  })).nullable(),
});

/** What a database needs besides its schemas, as it was captured. */
export type Globals = z.infer<typeof schema>;

/**
 * Reads globals.json of a backup.
 *
 * @throws {HoldfastError} HF501 if it is missing, damaged, or has not the form of this version.
 */
export async function readGlobals(backup: Backup): Promise<Globals> {
  const text = await readContent(backup, "globals.json");
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new HoldfastError("HF501", "Object globals.json of the backup does not have the expected form", {
      // Its values can be password verifiers: only the place of the first misfit is told.
      detail: cause instanceof z.ZodError ? cause.issues[0]?.path.join(".") : undefined, hint: "Restore from another run." });
  }
}
