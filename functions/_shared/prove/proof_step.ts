import type { Client } from "pg";
import { SESSION_SETTINGS } from "../database/session_settings.ts";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { RestoreContext, RestoreOptions } from "../restore/restore_context.ts";
import type { Verdict } from "../verify/verdict.ts";
import type { ProofFinding } from "./proof.ts";

/** What a proof needs to know; the context of a restore fits. Steps get the session they work on. */
export interface ProveContext extends Pick<RestoreContext, "backup" | "target" | "tables" | "leftOut"> {
  options: Pick<RestoreOptions, "only" | "dataOnly" | "schemaOnly">;
}

/** Rows and hash sum of a table or of a part of it; parts add up. Numbers as text, since they exceed 2^53. */
export interface TableMeasure {
  schema: string;
  name: string;
  /** Which part of how many. */
  part: number;
  parts: number;
  rows: string;
  sum: string;
}

/** What a step has found. Plain data, so that it can be kept between invocations. */
export interface StepResult {
  check_name: string;
  seconds: number;
  /** How a step that asks for several checks has spent its time. */
  seconds_by_check?: Record<string, number>;
  findings: ProofFinding[];
  measures: TableMeasure[];
  left_out: { reason: string; subject: string; message: string }[];
}

/** A piece of the proof that can be done by itself, in any order and side by side. */
export interface ProofStep {
  /** The same for the same piece of the same proof, also in another process. */
  id: string;
  check_name: string;
  /** Bytes it reads, roughly. */
  weight: number;
  /** Costs a second of CPU time here rather than on the server: give it an invocation of its own. */
  heavy: boolean;
  /** Runs on a session in no transaction, and leaves it so. */
  run(client: Client): Promise<Pick<StepResult, "findings"> & Partial<StepResult>>;
}

/** Restores of a part prove that part. */
export function isPartial({ options }: Pick<ProveContext, "options">): boolean {
  return options.only !== null || options.dataOnly || options.schemaOnly;
}

export function finding(
  check_name: string, subject: string, verdict: Verdict, expected: string | null, actual: string | null, evidence: Record<string, unknown> = {},
): ProofFinding {
  return { check_name, subject, verdict, expected, actual, evidence };
}

/** Schema and name as SQL shows them, for subjects. */
export function subjectOf(one: { schema: string; name: string }): string {
  return [one.schema, one.name].map((part) => (/^[a-z_][a-z0-9_$]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`)).join(".");
}

/** Not being allowed to look, or not in time, says nothing about the restore. */
const NOT_LOOKED = new Set(["42501", "55P03", "57014"]);

/** SQLSTATEs of a target that lacks or holds another thing than the statement was written for: that is a difference. */
const DIFFERENT = /^(42P01|42703|42883|42846|42704|3F000|XX)/;

const MEANINGS: Record<string, string> = {
  "42P01": "the table is missing", "42703": "a column is missing", "42883": "a function is missing, or a column has another type", "42846": "a column has another type", "42501": "the role may not look (42501)", "57014": "it took too long (57014)",
};

/**
 * An error of the server as a finding. Its message may quote a row and is left out.
 *
 * @throws the error itself when it is not from the server: that is a bug or a lost connection, not a finding
 */
export function findingOfError(check_name: string, subject: string, expected: string, error: unknown): ProofFinding {
  const sqlstate = sqlStateOf(error);
  if (sqlstate === undefined || error instanceof HoldfastError || /^(08|57P)/.test(sqlstate)) throw error;
  const verdict = !NOT_LOOKED.has(sqlstate) && DIFFERENT.test(sqlstate) ? "failed" : "inconclusive";
  return finding(check_name, subject, verdict, expected, MEANINGS[sqlstate] ?? `error ${sqlstate}`, { sqlstate });
}

/**
 * Runs a step on a session and times it. Settings of the session are put right first: those under which the backup was written, and
 * nothing of a restore still in force.
 *
 * @throws what is neither about the target nor about the backup: a lost connection, a bucket out of reach, a bug
 */
export async function runStep(client: Client, step: ProofStep): Promise<StepResult> {
  const started = performance.now();
  const { rows: [role] } = await client.query<{ role: string }>("select current_setting('session_replication_role') as role");
  await client.query(`${SESSION_SETTINGS} set statement_timeout = 0${role?.role === "origin" ? "" : "; set session_replication_role = origin"}`);
  const found = await step.run(client).catch((error: unknown) => ({ findings: findingsOfStep(step, error) }));
  return { check_name: step.check_name, measures: [], left_out: [], ...found, seconds: (performance.now() - started) / 1000 };
}

/** What could not be read is named, and what it was needed for was not looked at. */
function findingsOfStep(step: ProofStep, error: unknown): ProofFinding[] {
  const expected = "the check runs to its end";
  if (error instanceof HoldfastError && error.code === "HF501") {
    const what = [error.message, error.detail].filter(Boolean).join(": ");
    return [finding("check_object_checksums", step.id, "failed", "the bytes the manifest names", what),
      finding(step.check_name, step.id, "inconclusive", expected, "an object of the backup could not be read")];
  }
  return [findingOfError(step.check_name, step.id, expected, error)];
}
