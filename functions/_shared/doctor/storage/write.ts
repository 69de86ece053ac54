import type { DoctorCheck } from "../doctor_finding.ts";
import type { StorageContext } from "../storage_context.ts";
import { refused } from "../storage_refusal.ts";

/** An object can be stored. */
export const storageWrite: DoctorCheck<StorageContext> = {
  name: "write",
  needs: ["access"],
  look: async (context) => {
    const key = await context.probeKey();
    try {
      const { versionId, bytes } = await context.client.putObject(key, context.body, { contentType: "text/plain", verify: false });
      context.probes.push({ key, versionId });
      return { verdict: "passed", seen: `stored ${key} (${bytes} bytes)`, fix: null };
    } catch (error) {
      return refused(context, error, "s3:PutObject");
    }
  },
};
