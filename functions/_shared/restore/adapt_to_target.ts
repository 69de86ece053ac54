import type { FactBase } from "@supabase/pg-delta/core";
import type { Client } from "pg";
import { adaptFacts, type AdaptedFacts } from "./adapt_facts.ts";
import type { Backup } from "./backup_source.ts";
import { extractFacts } from "./extract_facts.ts";
import { respellCollations } from "./respell_collations.ts";
import { respellViews } from "./respell_views.ts";
import type { RestoreOptions } from "./restore_context.ts";
import type { TargetInfo } from "./target.ts";

/** What a backup and its target have in common, ready to be compared or planned between. The session is in no transaction. */
export async function adaptToTarget(client: Client, backup: Backup, schema: FactBase, target: TargetInfo, options: Pick<RestoreOptions, "only">): Promise<AdaptedFacts> {
  const { version_num: sourceVersionNum } = backup.manifest.server;
  const adapted = adaptFacts(schema, await extractFacts(client), target, options, sourceVersionNum);
  if (Math.floor(sourceVersionNum / 10_000) === Math.floor(target.versionNum / 10_000)) return adapted;
  const desired = await respellCollations(client, adapted.current, adapted.desired, target);
  return { ...adapted, desired: await respellViews(client, adapted.current, desired, target) };
}
