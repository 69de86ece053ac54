import { xmlText } from "../../s3/xml_text.ts";
import type { DoctorCheck } from "../doctor_finding.ts";
import type { StorageContext } from "../storage_context.ts";

/** The bucket locks objects where the strategy wants them locked. */
export const storageObjectLock: DoctorCheck<StorageContext> = {
  name: "object_lock",
  needs: ["access"],
  after: ["database/schema"],
  look: async (context) => {
    const wants = await context.wants();
    if (wants === null) return { verdict: "inconclusive", seen: "whether objects are to be locked is in the ledger, which cannot be read", fix: null };
    const reply = await context.exchange({ method: "GET", key: null, query: { "object-lock": "" }, action: "read the Object Lock settings" });
    const enabled = reply.failure === null ? xmlText(new TextDecoder().decode(reply.body), "ObjectLockEnabled") === "Enabled" : reply.failure.status === 404 ? false : null;
    if (wants.objectLock === null) {
      return { verdict: "passed", seen: `settings.object_lock is not set${enabled === true ? "; the bucket could lock objects" : ""}`, fix: null };
    }
    if (enabled === true) return { verdict: "passed", seen: `the bucket has Object Lock, settings.object_lock is ${wants.objectLock}`, fix: null };
    if (enabled === null) {
      return { verdict: "inconclusive", seen: `the key may not ask whether the bucket has Object Lock (status ${reply.status})`,
        fix: `Allow the key s3:GetBucketObjectLockConfiguration on arn:aws:s3:::${context.config.bucket}.` };
    }
    return { verdict: "failed", seen: `settings.object_lock is ${wants.objectLock}, and the bucket has no Object Lock: exports will fail with HF601`,
      fix: `aws s3api create-bucket --bucket … --object-lock-enabled-for-bucket && ${context.set("HOLDFAST_S3_BUCKET")}   # or: update backup.settings set object_lock = null where id;` };
  },
};
