import { z } from "zod";
import type { Queryable } from "../database/queryable.ts";

/** What is not named stays; null takes a schedule or a storage class away. */
export interface PolicyChanges {
  retention?: string;
  schedule?: string | null;
  storage_class?: string | null;
  enabled?: boolean;
}

/**
 * Changes a policy, brings pg_cron up to date, and returns what may not have been meant.
 *
 * @throws DatabaseError (pg) with SQLSTATE HF810 no such policy, HF811 a value is refused
 */
export async function setPolicy(database: Queryable, name: string, changes: PolicyChanges): Promise<string[]> {
  const { rows } = await database.query("select w as warning from backup.set_policy($1, $2) as w", [name, JSON.stringify(changes)]);
  return z.array(z.object({ warning: z.string() })).parse(rows).map(({ warning }) => warning);
}

/**
 * Sets the target of a recovery objective.
 *
 * @throws DatabaseError (pg) with SQLSTATE HF810 no such objective, HF811 the target is refused
 */
export async function setObjective(database: Queryable, name: string, target: string): Promise<void> {
  await database.query("select backup.set_objective($1, $2)", [name, target]);
}
