import { HoldfastError } from "../errors/holdfast_error.ts";
import type { S3Client } from "../s3/s3_client.ts";

/**
 * Lists the folder of a run and compares it with what was put there. A storage that answers 200 and keeps nothing, or
 * keeps half, is found before a manifest can vouch for it. Objects nobody asked for are debris of dead attempts and do no harm.
 *
 * @throws {HoldfastError} HF308 naming the first object that is missing or has another size, HF2xx as the storage refuses the listing.
 */
export async function checkStoredObjects(s3: S3Client, prefix: string, expected: ReadonlyMap<string, number>): Promise<void> {
  const missing = new Map(expected);
  for await (const object of s3.listObjects(prefix)) {
    const bytes = missing.get(object.key);
    if (bytes === undefined) continue;
    if (bytes !== object.bytes) {
      throw new HoldfastError("HF308", `Cannot commit the backup as object ${object.key} has another size than was stored`, {
        detail: `Stored ${bytes} bytes, listed with ${object.bytes}.`, hint: "Check the storage; then start another run." });
    }
    missing.delete(object.key);
  }
  const [lost] = missing.keys();
  if (lost !== undefined) {
    throw new HoldfastError("HF308", `Cannot commit the backup as object ${lost} is missing`, {
      detail: `${missing.size} of ${expected.size} objects were accepted by the storage and are not there.`,
      hint: "Check the storage; then start another run." });
  }
}
