import { HoldfastError } from "../errors/holdfast_error.ts";
import type { DoctorAnswer, DoctorCheck } from "./doctor_finding.ts";
import { judgeSkew } from "./judge_skew.ts";
import type { StorageContext } from "./storage_context.ts";

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
      return { verdict: "skipped", seen: "HOLDFAST_S3_… is not set on this machine; what the functions have is looked at from inside", fix: `${context.set(...REQUIRED)}   # to look from here` };
    }
    const enabled = (await context.wants())?.enabled === true;
    return enabled
      ? { verdict: "failed", seen: "an S3 policy is on, and the functions have no HOLDFAST_S3_… secrets", fix: context.set(...REQUIRED) }
      : { verdict: "skipped", seen: "the functions have no HOLDFAST_S3_… secrets, and no S3 policy is on", fix: null };
  },
};

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
