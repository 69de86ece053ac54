import type { DoctorCheck } from "../doctor_finding.ts";
import { judgeSkew } from "../judge_skew.ts";
import type { StorageContext } from "../storage_context.ts";

/** The storage refuses requests whose date is more than 15 minutes off. */
export const storageClock: DoctorCheck<StorageContext> = {
  name: "clock",
  needs: ["endpoint"],
  look: async (context) => {
    const { headers } = await context.firstLook();
    const date = Date.parse(headers.get("date") ?? "");
    if (Number.isNaN(date)) return { verdict: "inconclusive", seen: "the storage does not say what time it is", fix: null };
    return judgeSkew("the storage", date - context.clock.now(), context.where);
  },
};
