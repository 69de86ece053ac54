import { HoldfastError } from "../errors/holdfast_error.ts";
import type { DoctorAnswer } from "./doctor_finding.ts";
import type { StorageContext } from "./storage_context.ts";

const arnOf = ({ config }: StorageContext): string => `arn:aws:s3:::${config.bucket}/${config.prefix === "" ? "" : `${config.prefix}/`}*`;

/** The right that is missing, as an instruction. */
export const allow = (context: StorageContext, ...actions: string[]): string =>
  `Allow the key ${actions.join(" and ")} on ${arnOf(context)}; the whole policy is in docs/security.md.`;

/** A refusal of the storage as an answer; a storage that is away is no answer. */
export function refused(context: StorageContext, error: unknown, action: string): DoctorAnswer {
  if (!(error instanceof HoldfastError)) throw error;
  const seen = [error.message, error.detail].filter(Boolean).join(". ");
  if (error.code === "HF203") return { verdict: "inconclusive", seen, fix: error.hint ?? null };
  return { verdict: "failed", seen, fix: error.code === "HF202" ? allow(context, action) : error.hint ?? null };
}
