import { HoldfastError } from "../../errors/holdfast_error.ts";
import type { DoctorAnswer, DoctorCheck } from "../doctor_finding.ts";
import type { StorageContext } from "../storage_context.ts";

/** Something answers at the address. */
export const storageEndpoint: DoctorCheck<StorageContext> = {
  name: "endpoint",
  needs: ["settings"],
  look: async (context) => {
    try {
      const { status } = await context.firstLook();
      return { verdict: "passed", seen: `${context.config.endpoint} answers (${status})`, fix: null };
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      return unreachable(context, error);
    }
  },
};

function unreachable(context: StorageContext, error: HoldfastError): DoctorAnswer {
  const seen = error.detail ?? error.message;
  // The service is there and has trouble of its own: nothing of the set-up is known to be wrong.
  if (/^Status \d/.test(seen)) return { verdict: "inconclusive", seen: `${context.config.endpoint}: ${seen}`, fix: "Try again later; see the status page of the storage provider." };
  return { verdict: "failed", seen, fix: `${context.set("HOLDFAST_S3_ENDPOINT")}   # ${error.hint ?? "or repair the network"}` };
}
