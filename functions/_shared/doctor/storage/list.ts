import type { DoctorCheck } from "../doctor_finding.ts";
import type { StorageContext } from "../storage_context.ts";
import { refused } from "../storage_refusal.ts";

/** The listing shows it: retention, verification and restore find backups by listing. */
export const storageList: DoctorCheck<StorageContext> = {
  name: "list",
  needs: ["write"],
  look: async (context) => {
    const key = await context.probeKey();
    try {
      for await (const object of context.client.listObjects(key)) {
        if (object.key === key) return { verdict: "passed", seen: "the object is in the listing", fix: null };
      }
      return { verdict: "failed", seen: "the listing does not show an object that is stored", fix: "Use a server whose ListObjectsV2 is consistent." };
    } catch (error) {
      const answer = refused(context, error, "s3:ListBucket");
      return answer.verdict === "failed" ? { ...answer, fix: `Allow the key s3:ListBucket on arn:aws:s3:::${context.config.bucket}; the whole policy is in docs/security.md.` } : answer;
    }
  },
};
