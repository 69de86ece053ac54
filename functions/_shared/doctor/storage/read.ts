import { HoldfastError } from "../../errors/holdfast_error.ts";
import type { DoctorCheck } from "../doctor_finding.ts";
import type { StorageContext } from "../storage_context.ts";
import { refused } from "../storage_refusal.ts";

/** What was stored comes back byte for byte. */
export const storageRead: DoctorCheck<StorageContext> = {
  name: "read",
  needs: ["write"],
  look: async (context) => {
    try {
      const bytes = await context.client.getObject(await context.probeKey(), { maxBytes: context.body.length });
      const equal = bytes.length === context.body.length && bytes.every((byte, at) => byte === context.body[at]);
      if (equal) return { verdict: "passed", seen: "the same bytes came back", fix: null };
      return { verdict: "failed", seen: "other bytes came back than were stored", fix: "Do not trust this storage with backups until its provider explains it." };
    } catch (error) {
      if (error instanceof HoldfastError && error.code === "HF204") {
        return { verdict: "failed", seen: "the object was acknowledged and is not there", fix: "Do not trust this storage with backups until its provider explains it." };
      }
      return refused(context, error, "s3:GetObject");
    }
  },
};
