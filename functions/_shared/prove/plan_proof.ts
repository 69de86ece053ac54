import type { Client } from "pg";
import { type BackupConfig, parseConfig } from "../export/config.ts";
import { hasContent, readContent } from "../restore/read_object.ts";
import { objectSteps } from "./object_steps.ts";
import { probeStep } from "./probe_step.ts";
import type { ProofStep, ProveContext } from "./proof_step.ts";
import { schemaStep } from "./schema_step.ts";
import { sequenceStep } from "./sequence_step.ts";
import { sqlCheckSteps } from "./sql_check_steps.ts";
import { tableSteps } from "./table_steps.ts";
import { viewSteps } from "./view_steps.ts";

export interface PlanProofOptions {
  /** Tables of more bytes are hashed in parts, so that several sessions, or several invocations, share the work. */
  partBytes: number;
}

/**
 * The steps of a proof. They can be done in any order, side by side, and in several processes: planned again over a target
 * that nobody changes, the list is the same, and what each step has found is plain data. `concludeProof` makes the proof of it.
 *
 * @throws {HoldfastError} HF501 if config.json is damaged.
 */
export async function planProof(client: Client, context: ProveContext, options: PlanProofOptions): Promise<ProofStep[]> {
  const config = await readBackupConfig(context);
  return [
    schemaStep(context),
    ...await objectSteps(client, context),
    ...await tableSteps(client, context, options.partBytes),
    ...await sqlCheckSteps(client, context, config),
    ...await viewSteps(client, context),
    sequenceStep(context),
    probeStep(context, config),
  ];
}

async function readBackupConfig({ backup }: ProveContext): Promise<BackupConfig | undefined> {
  return hasContent(backup, "config.json") ? parseConfig(await readContent(backup, "config.json")) : undefined;
}
