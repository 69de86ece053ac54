import type { BackupStorage, ListedBackup } from "./backup_source.ts";
import { keepFrozen } from "./keep_frozen.ts";
import { type ArchivedObject, listArchived } from "./list_archived.ts";

/** Folder below a run that rows are in. */
const ROWS_FOLDER = "data/";

/**
 * What has to be thawed before anybody can tell what else has to be: manifest, schema and lists of chunks, which Holdfast keeps
 * out of archives, and a lifecycle rule of the bucket may not.
 *
 * @param whole everything will be needed: with a frozen head come the rows, because thawing one after the other takes twice as long
 */
export async function findFrozenHead(s3: BackupStorage, { prefix }: Pick<ListedBackup, "prefix">, whole: boolean): Promise<ArchivedObject[]> {
  const archived = await listArchived(s3, prefix);
  const isRows = ({ key }: ArchivedObject): boolean => key.startsWith(prefix + ROWS_FOLDER);
  const head = await keepFrozen(s3, archived.filter((one) => !isRows(one)));
  return head.length === 0 || !whole ? head : [...head, ...await keepFrozen(s3, archived.filter(isRows))];
}
