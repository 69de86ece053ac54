/** Classes whose objects cannot be read until they were asked for and some hours have passed. */
const ARCHIVES = new Set(["GLACIER", "DEEP_ARCHIVE"]);

/** Whether objects of a storage class have to be thawed before they can be read. */
export function isArchive(storageClass: string): boolean {
  return ARCHIVES.has(storageClass);
}
