import type { Client } from "pg";
import { closeClient } from "../database/close_client.ts";
import type { RestoreContext } from "../restore/restore_context.ts";
import { concludeProof } from "./conclude_proof.ts";
import { planProof } from "./plan_proof.ts";
import type { Proof } from "./proof.ts";
import { type ProofStep, type ProveContext, runStep, type StepResult } from "./proof_step.ts";

/** Parts of a table that several sessions hash side by side; small ones are not worth the trip. */
const PART_BYTES = 256 * 1024 * 1024;

/** What a proof of a whole restore works with. */
export interface ProveRestoreContext extends ProveContext, Pick<RestoreContext, "client" | "connect" | "onProgress"> {
  options: ProveContext["options"] & { workers?: number };
}

/**
 * Proves a restore: compares the target with the backup, and says for each comparison what was expected and what was found.
 * Nothing is written: neither to the target nor to the bucket.
 *
 * @throws {HoldfastError} HF104 when the target cannot be reached, HF2xx when the bucket cannot. What is damaged or different
 *   is a finding, never an error.
 */
export async function proveRestore(context: ProveRestoreContext): Promise<Proof> {
  const startedAt = new Date();
  const steps = await planProof(context.client, context, { partBytes: PART_BYTES });
  const results = await runSteps(context, steps);
  return concludeProof(context, results, { startedAt, finishedAt: new Date() });
}

/** Largest first, since they decide the time; each session takes the next one when it is free. */
async function runSteps(context: ProveRestoreContext, steps: readonly ProofStep[]): Promise<StepResult[]> {
  const queue = [...steps].sort((a, b) => b.weight - a.weight);
  const total = steps.reduce((sum, one) => sum + one.weight, 0);
  const results: StepResult[] = [];
  let done = 0;
  const work = async (client: Client): Promise<void> => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      results.push(await runStep(client, step));
      done += step.weight;
      context.onProgress(done, total, step.id);
    }
  };
  const sessions = Math.max(1, Math.min(context.options.workers ?? 2, steps.length));
  const opened: Client[] = [];
  try {
    while (opened.length < sessions - 1) opened.push(await context.connect("holdfast proof"));
    const ended = await Promise.allSettled([context.client, ...opened].map(async (client) => {
      try {
        await work(client);
      } catch (error) {
        // The others end after their step, not after everybody's.
        queue.length = 0;
        throw error;
      }
    }));
    for (const one of ended) if (one.status === "rejected") throw one.reason;
  } finally {
    for (const client of opened) await closeClient(client);
  }
  return results;
}
