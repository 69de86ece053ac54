import { z } from "zod";
import type { Env } from "../config/env.ts";
import { hostedRef } from "../config/hosted_ref.ts";
import type { Queryable } from "../database/queryable.ts";
import { askPrimaryBackups } from "./ask_primary_backups.ts";

const HOSTED_REF = /^[a-z]{20}$/;

/**
 * Looks at the backups that Supabase makes of this project and records what it saw for backup.check_primary_backups().
 *
 * @throws DatabaseError (pg) when the ledger cannot be read or written
 */
export async function lookAtPrimaryBackups(database: Queryable, env: Env, fetcher: typeof fetch = fetch): Promise<void> {
  const { rows } = await database.query("select s.project_ref from backup.settings s");
  const { project_ref } = z.object({ project_ref: z.string() }).parse(rows[0]);
  // Functions know their project even if nobody wrote it into the settings.
  const projectRef = HOSTED_REF.test(project_ref) ? project_ref : (hostedRef(env["SUPABASE_URL"]) ?? project_ref);
  const look = await askPrimaryBackups(env, projectRef, fetcher);
  const [answer, reason] = look.outcome === "answered" ? [JSON.stringify(look.answer), null] : [null, look.reason];
  await database.query("select backup.record_primary_backups($1, $2, $3, $4)", [projectRef, answer, look.outcome, reason]);
}
