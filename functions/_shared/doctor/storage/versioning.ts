import { xmlText } from "../../s3/xml_text.ts";
import type { DoctorCheck } from "../doctor_finding.ts";
import type { StorageContext } from "../storage_context.ts";

/** Whether what is deleted or replaced could be brought back. Nothing requires it, so that it is on is no condition. */
export const storageVersioning: DoctorCheck<StorageContext> = {
  name: "versioning",
  needs: ["access"],
  look: async (context) => {
    const { failure, body } = await context.exchange({ method: "GET", key: null, query: { versioning: "" }, action: "read the versioning settings" });
    if (failure !== null) return { verdict: "skipped", seen: `cannot be read (${failure.code || `status ${failure.status}`}); nothing depends on it`, fix: null };
    if (xmlText(new TextDecoder().decode(body), "Status") === "Enabled") return { verdict: "passed", seen: "the bucket keeps versions", fix: null };
    return { verdict: "passed", seen: "the bucket keeps no versions: what the key deletes is gone", fix: null };
  },
};
