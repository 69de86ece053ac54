import { HoldfastError } from "../../errors/holdfast_error.ts";
import type { DoctorCheck } from "../doctor_finding.ts";
import type { StorageContext } from "../storage_context.ts";
import { allow } from "../storage_refusal.ts";

/** The probes go again. Only retention needs the right to delete; without it a key cannot lose a backup. */
export const storageDelete: DoctorCheck<StorageContext> = {
  name: "delete",
  needs: ["write"],
  after: ["database/schema"],
  look: async (context) => {
    const left: string[] = [];
    let refusal: HoldfastError | undefined;
    for (const { key, versionId } of context.probes) {
      try {
        await context.client.deleteObject(key, versionId === null ? {} : { versionId });
      } catch (error) {
        if (!(error instanceof HoldfastError)) throw error;
        left.push(key);
        refusal = error;
      }
    }
    if (refusal === undefined) return { verdict: "passed", seen: "the probe is deleted again", fix: null };
    const remains = `left in the bucket: ${left.join(", ")}`;
    if (refusal.code !== "HF202") return { verdict: "inconclusive", seen: `${refusal.message}; ${remains}`, fix: refusal.hint ?? null };
    const until = (await context.client.headObject(left[0] ?? "").catch(() => null))?.objectLock?.retainUntil;
    if (until !== undefined) return { verdict: "passed", seen: `the bucket locks what is stored, the probe until ${until.toISOString()}; ${remains}`, fix: null };
    const wants = await context.wants();
    if (wants === null) return { verdict: "inconclusive", seen: `the key may not delete; whether retention has to is in the ledger, which cannot be read; ${remains}`, fix: null };
    if (!wants.deletes) return { verdict: "passed", seen: `the key may not delete, which protects the backups; ${remains}`, fix: null };
    return { verdict: "failed", seen: `settings.retention_mode is apply, and the key may not delete: retention cannot; ${remains}`,
      fix: `${allow(context, "s3:DeleteObject", "s3:DeleteObjectVersion")} Or: update backup.settings set retention_mode = 'off' where id;` };
  },
};
