import type { AgeIdentities } from "../encryption/age_identities.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { tableKey } from "../export/build_manifest.ts";
import { tableDetailsSchema } from "../export/manifest.ts";
import { TABLES_CONTENT } from "../export/seal_manifest.ts";
import type { Backup } from "./backup_source.ts";
import { readContent } from "./read_object.ts";

/**
 * Makes an encrypted backup readable: compares the identities with the recipients, and adds to the manifest what an encrypted
 * object holds of it. A backup that is not encrypted stays as it is, whether there are identities or not.
 *
 * @throws {HoldfastError} HF701 encrypted and no identity given, HF702 none of them belongs to it, HF501 damaged.
 */
export async function unsealBackup(backup: Backup, identities: AgeIdentities | null): Promise<Backup> {
  const { encryption, run_id: runId } = backup.manifest;
  if (encryption === null) return backup;
  const wanted = encryption.recipients.join(", ");
  if (identities === null || identities.recipients.length === 0) {
    throw new HoldfastError("HF701", `Backup ${runId} is encrypted`, {
      detail: `Its recipients are ${wanted}.`, hint: "Name the private file of one of them with --identity <file>, or in HOLDFAST_AGE_IDENTITY_FILE." });
  }
  if (!identities.recipients.some((one) => encryption.recipients.includes(one))) {
    throw new HoldfastError("HF702", `No identity opens backup ${runId}`, {
      detail: `Its recipients are ${wanted}. The given identities are those of ${identities.recipients.join(", ")}.`,
      hint: "Find the file whose public key is among the recipients: age-keygen -y <file> prints it. Backups from before a rotation need the old one." });
  }
  const opened = { ...backup, identities };
  const details = tableDetailsSchema.safeParse(parseJson(await readContent(opened, TABLES_CONTENT)));
  if (!details.success) throw unfit(backup, details.error.issues[0]?.message ?? "not valid");
  const byTable = new Map(details.data.map(({ schema, name, ...rest }) => [tableKey(schema, name), rest]));
  const tables = backup.manifest.tables.map((one) => {
    const found = byTable.get(tableKey(one.schema, one.name));
    if (found === undefined) throw unfit(backup, `table ${one.schema}.${one.name} is missing`);
    return { ...one, ...found };
  });
  return { ...opened, manifest: { ...backup.manifest, tables } };
}

function unfit(backup: Backup, detail: string): HoldfastError {
  return new HoldfastError("HF501", `Object ${TABLES_CONTENT} of run ${backup.manifest.run_id} does not have the expected form`, {
    detail, hint: "Restore from another run." });
}

/** Undefined for what is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
