import type { ManifestTable } from "../export/manifest.ts";
import type { Backup } from "./backup_source.ts";
import { chunksOf } from "./chunk_lists.ts";
import { keepFrozen } from "./keep_frozen.ts";
import { type ArchivedObject, listArchived } from "./list_archived.ts";

/** Rendered for people who restore by hand; a restore never reads them. */
const FOR_PEOPLE = new Set(["schema.sql", "roles.sql"]);

/**
 * Objects that a restore of these tables has to read and cannot, as they are archived and not thawed. Costs one listing where
 * nothing is archived.
 *
 * @param loaded keys, relative to the run, whose rows are in the target already
 * @throws {HoldfastError} HF603 a list of chunks is frozen itself, HF501 damaged, HF2xx storage.
 */
export async function findFrozen(backup: Backup, tables: readonly ManifestTable[], loaded: ReadonlySet<string> = new Set()): Promise<ArchivedObject[]> {
  const archived = await listArchived(backup.s3, backup.prefix);
  if (archived.length === 0) return [];
  const needed = new Set(backup.manifest.objects.filter(({ content }) => !FOR_PEOPLE.has(content)).map(({ key }) => backup.prefix + key));
  for (const table of tables) {
    if (table.chunk_list !== undefined) needed.add(backup.prefix + table.chunk_list.key);
    for (const { key } of await chunksOf(backup, table)) if (!loaded.has(key)) needed.add(backup.prefix + key);
  }
  return keepFrozen(backup.s3, archived.filter(({ key }) => needed.has(key)));
}
