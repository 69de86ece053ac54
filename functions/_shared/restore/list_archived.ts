import { isArchive } from "../s3/storage_class.ts";
import { type BackupStorage, PROOFS_FOLDER } from "./backup_source.ts";

/** An object in a class that has to be thawed before it can be read. */
export interface ArchivedObject {
  readonly key: string;
  readonly bytes: number;
  readonly storageClass: string;
}

/** Objects of a run that are in an archive, thawed or not, as a listing tells. Proofs are no part of a backup. */
export async function listArchived(s3: Pick<BackupStorage, "listObjects">, prefix: string): Promise<ArchivedObject[]> {
  const found: ArchivedObject[] = [];
  for await (const { key, bytes, storageClass } of s3.listObjects(prefix)) {
    if (isArchive(storageClass) && !key.startsWith(prefix + PROOFS_FOLDER)) found.push({ key, bytes, storageClass });
  }
  return found;
}
