import { attemptName } from "./object_keys.ts";
import type { Manifest, TableDetails } from "./manifest.ts";
import { storeJson } from "./store_object.ts";
import type { WorkerContext } from "./worker_context.ts";

/** What the object with the details of the tables is called in a manifest. */
export const TABLES_CONTENT = "tables.json";

/**
 * The manifest as an encrypted backup shows it to everybody. Columns and fingerprints of the tables go into an encrypted
 * object; names, sizes and hashes of stored bytes stay, because listing, checking and deleting need them and no key.
 *
 * @throws {HoldfastError} HF2xx storage.
 */
export async function sealManifest(context: WorkerContext, manifest: Manifest, attempt: number): Promise<unknown> {
  const details: TableDetails[] = manifest.tables.map(({ schema, name, columns, fingerprint, fingerprint_expression }) =>
    ({ schema, name, columns, fingerprint, fingerprint_expression }));
  const { content, key, sha256, bytes } = await storeJson(context, attemptName("tables", "json.gz", attempt), details, TABLES_CONTENT);
  const { totals } = manifest;
  return {
    ...manifest,
    objects: [...manifest.objects, { content, key: key.slice(context.objectPrefix.length), sha256, bytes }],
    tables: manifest.tables.map(({ columns: _columns, fingerprint: _fingerprint, fingerprint_expression: _expression, ...outline }) => outline),
    totals: { ...totals, objects: totals.objects + 1, stored_bytes: totals.stored_bytes + bytes },
  };
}

/** Whether two manifests say the same but for the object of the details, whose bytes are new each time it is encrypted. */
export function isSameSealed(one: Manifest, other: Manifest): boolean {
  const comparable = (manifest: Manifest) => JSON.stringify({ ...manifest,
    objects: manifest.objects.map((object) => (object.content === TABLES_CONTENT ? { content: object.content, bytes: object.bytes } : object)) });
  return comparable(one) === comparable(other);
}
