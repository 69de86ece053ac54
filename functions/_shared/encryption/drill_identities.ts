import type { Env } from "../config/env.ts";
import { AgeIdentities } from "./age_identities.ts";

export const DRILL_IDENTITY_VARIABLE = "HOLDFAST_DRILL_AGE_IDENTITY";

/**
 * The identity that drills by functions open backups with; null unless somebody put one there. Who takes over the platform can
 * read it and then every backup that it opens: that is the price of drills without a person.
 *
 * @throws {HoldfastError} HF703 if the secret is not an identity.
 */
export async function drillIdentities(env: Env): Promise<AgeIdentities | null> {
  const text = env[DRILL_IDENTITY_VARIABLE];
  if (text === undefined || text.trim() === "") return null;
  return AgeIdentities.parse([{ name: DRILL_IDENTITY_VARIABLE, text: text.replaceAll("\\n", "\n") }]);
}
