import { type Backup, PROOFS_FOLDER } from "../restore/backup_source.ts";
import type { Proof } from "./proof.ts";

/** Key of a proof: below the run it is about, by the time it ended. */
export function proofKey(backup: Pick<Backup, "prefix">, proof: Proof): string {
  return `${backup.prefix}${PROOFS_FOLDER}${proof.finished_at.replaceAll(/[-:.]/g, "")}.json`;
}

/**
 * The proof as anybody who can read the bucket may see it. Fingerprints and counts of an encrypted backup are not for them; what
 * was compared and found is.
 */
function withoutFindings(proof: Proof): Proof {
  return {
    ...proof,
    findings: proof.findings.map((one) => ({ ...one, expected: null, actual: null, evidence: {} })),
    left_out: proof.left_out.map((one) => ({ ...one, message: "not shown, as the backup is encrypted" })),
  };
}

/**
 * Adds a proof to the restore point it is about and returns its key. Proofs are never replaced: a restore point that passed
 * once and fails now shows both. One of a part says nothing about the restore point and is not stored: null.
 *
 * @throws {HoldfastError} HF2xx as the storage refuses it.
 */
export async function storeProof(backup: Backup, proof: Proof): Promise<string | null> {
  if (proof.scope !== "full") return null;
  if (proof.manifest_sha256 !== backup.manifestSha256) throw new Error("The proof is about another backup");
  const key = proofKey(backup, proof);
  const shown = backup.manifest.encryption === null ? proof : withoutFindings(proof);
  await backup.s3.putObject(key, new TextEncoder().encode(`${JSON.stringify(shown, null, 1)}\n`), { contentType: "application/json" });
  return key;
}
