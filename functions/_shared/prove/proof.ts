import { z } from "zod";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { Backup } from "../restore/backup_source.ts";
import { verdictSchema } from "../verify/verdict.ts";

export const PROOF_FORMAT = "holdfast-proof";

/** Version of the form. A reader refuses a higher one. */
export const PROOF_VERSION = 1;

const finding = z.object({
  check_name: z.string(), subject: z.string(), verdict: verdictSchema,
  expected: z.string().nullable(), actual: z.string().nullable(),
  evidence: z.record(z.string(), z.unknown()),
});

const count = z.number().int().nonnegative();

/** proof.json: what was compared between a backup and the database restored from it. docs/format.md explains it. */
export const proofSchema = z.object({
  format: z.literal(PROOF_FORMAT),
  format_version: z.literal(PROOF_VERSION),
  tool: z.object({ name: z.string(), version: z.string() }),
  project: z.string(),
  run_id: z.string(),
  /** Of the bytes of manifest.json: a proof speaks for these and no others. */
  manifest_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  snapshot_at: z.iso.datetime({ offset: true }),
  /** full: all of the backup was restored. partial: what was asked for; such a proof says nothing about the restore point. */
  scope: z.enum(["full", "partial"]),
  verdict: verdictSchema,
  target: z.object({ database: z.string(), version: z.string(), version_num: count, role: z.string() }),
  started_at: z.iso.datetime({ offset: true }),
  finished_at: z.iso.datetime({ offset: true }),
  /** Wall clock, and the sum over the sessions that worked side by side. */
  seconds: z.number().nonnegative(),
  work_seconds: z.number().nonnegative(),
  checks: z.array(z.object({
    check_name: z.string(), verdict: verdictSchema, passed: count, failed: count, inconclusive: count, skipped: count, seconds: z.number().nonnegative(),
  })),
  findings: z.array(finding),
  /** What of the backup is not in the target, and why. */
  left_out: z.array(z.object({ reason: z.string(), subject: z.string(), message: z.string() })),
});

export type Proof = z.infer<typeof proofSchema>;

/** A finding of the proof, in the form of backup.finding. Holds names, numbers and hashes, never the contents of rows. */
export type ProofFinding = z.infer<typeof finding>;

/**
 * Reads proof.json.
 *
 * @throws {HoldfastError} HF306 naming the first field that does not fit.
 */
export function parseProof(bytes: Uint8Array): Proof {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    value = undefined;
  }
  const parsed = proofSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new HoldfastError("HF306", "Cannot read the proof as it does not have the expected form", {
    detail: `${(issue?.path.join(".") ?? "") || "proof"}: ${issue?.message ?? "not valid"}`, hint: "The object is damaged, was edited, or is from a newer version." });
}

/** True when this proof says that all of this very backup was restored and found equal. */
export function isProvenBy(backup: Pick<Backup, "manifest" | "manifestSha256">, proof: Proof): boolean {
  return proof.verdict === "passed" && proof.scope === "full"
    && proof.run_id === backup.manifest.run_id && proof.manifest_sha256 === backup.manifestSha256;
}
