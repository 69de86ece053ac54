import { HoldfastError } from "../../errors/holdfast_error.ts";
import type { DoctorCheck } from "../doctor_finding.ts";
import type { StorageContext } from "../storage_context.ts";

const REQUIRED = ["HOLDFAST_S3_BUCKET", "HOLDFAST_S3_ACCESS_KEY_ID", "HOLDFAST_S3_SECRET_ACCESS_KEY"];

/** The variables are complete and well-formed. Their values are not shown, those of a secret or not. */
export const storageSettings: DoctorCheck<StorageContext> = {
  name: "settings",
  look: async (context) => {
    let config;
    try {
      config = context.settings();
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      const named = [...error.message.matchAll(/HOLDFAST_S3_[A-Z_]+/g)].map(([name]) => name);
      return { verdict: "failed", seen: `${error.message} (${error.code})`, fix: context.set(...new Set(named)) };
    }
    if (config !== null) return { verdict: "passed", seen: `bucket "${config.bucket}" at ${config.endpoint}, prefix "${config.prefix}"`, fix: null };
    if (context.where === "machine") {
      return { verdict: "skipped", seen: "HOLDFAST_S3_… is not set on this machine; what the functions have is looked at from inside", fix: context.set(...REQUIRED) };
    }
    const enabled = (await context.wants())?.enabled === true;
    return enabled
      ? { verdict: "failed", seen: "an S3 policy is on, and the functions have no HOLDFAST_S3_… secrets", fix: context.set(...REQUIRED) }
      : { verdict: "skipped", seen: "the functions have no HOLDFAST_S3_… secrets, and no S3 policy is on", fix: null };
  },
};
