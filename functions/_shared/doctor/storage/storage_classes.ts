import { HoldfastError } from "../../errors/holdfast_error.ts";
import type { DoctorCheck } from "../doctor_finding.ts";
import type { StorageContext } from "../storage_context.ts";
import { refused } from "../storage_refusal.ts";

/** The storage classes of enabled policies are accepted and kept. */
export const storageClasses: DoctorCheck<StorageContext> = {
  name: "storage_classes",
  needs: ["write"],
  after: ["database/schema"],
  look: async (context) => {
    const wants = await context.wants();
    if (wants === null) return { verdict: "inconclusive", seen: "which classes the policies use is in the ledger, which cannot be read", fix: null };
    const wanted = [...new Set(wants.classes.map(({ storageClass }) => storageClass))];
    if (wanted.length === 0) return { verdict: "skipped", seen: "no enabled policy names a storage class", fix: null };
    for (const storageClass of wanted) {
      const key = await context.probeKey(`-${storageClass.toLowerCase()}`);
      try {
        const { versionId } = await context.client.putObject(key, context.body, { contentType: "text/plain", storageClass });
        context.probes.push({ key, versionId });
      } catch (error) {
        const answer = refused(context, error, "s3:PutObject");
        // One that was stored without its class is there all the same.
        if (error instanceof HoldfastError && error.code === "HF206") context.probes.push({ key, versionId: null });
        const users = wants.classes.filter((one) => one.storageClass === storageClass).map(({ policy }) => policy);
        return { ...answer, seen: `${storageClass}: ${answer.seen}`, fix: users.map((policy) => `holdfast policies set ${policy} --storage-class none`).join(" && ") };
      }
    }
    return { verdict: "passed", seen: `${wanted.join(", ")} accepted and kept`, fix: null };
  },
};
