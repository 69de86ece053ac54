import { type Backup, PROOFS_FOLDER } from "../restore/backup_source.ts";
import type { Proof } from "./proof.ts";

/** Key of a proof: below the run it is about, by the time it ended. */
export function proofKey(backup: Pick<Backup, "prefix">, proof: Proof): string {
  return `${backup.prefix}${PROOFS_FOLDER}${proof.finished_at.replaceAll(/[-:.]/g, "")}.json`;
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
  await backup.s3.putObject(key, new TextEncoder().encode(`${JSON.stringify(proof, null, 1)}\n`), { contentType: "application/json" });
  return key;
}
