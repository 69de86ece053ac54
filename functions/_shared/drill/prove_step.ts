import { z } from "zod";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { concludeProof } from "../prove/conclude_proof.ts";
import { planProof } from "../prove/plan_proof.ts";
import { type ProofStep, runStep, type StepResult } from "../prove/proof_step.ts";
import { storeProof } from "../prove/store_proof.ts";
import type { DrillContext, StepOutcome } from "./drill_context.ts";
import type { ClaimedStep, PlannedStep } from "./drill_ledger.ts";
import { restoreContextOf } from "./restore_context_of.ts";
import { summarizeProof } from "./summarize_proof.ts";

/** Tables of more bytes are hashed in parts, so that none takes longer than an invocation lives. */
const PART_BYTES = 128 * 1024 * 1024;

/** Steps of the proof that one step of the drill takes, and bytes that they read. */
const MAX_STEPS = 25;
const MAX_WEIGHT = 128 * 1024 * 1024;

const payload = z.object({ ids: z.array(z.string()) });

/** Groups the steps of a proof into steps of the drill; a heavy one has an invocation of its own. */
export function batchProof(steps: readonly Pick<ProofStep, "id" | "weight" | "heavy">[]): PlannedStep[] {
  const planned: PlannedStep[] = steps.filter(({ heavy }) => heavy).map(({ id }) => ({ kind: "prove", phase: "prove", alone: true, payload: { ids: [id] } }));
  let batch: string[] = [];
  let weight = 0;
  const close = () => {
    if (batch.length > 0) planned.push({ kind: "prove", phase: "prove", payload: { ids: batch } });
    [batch, weight] = [[], 0];
  };
  for (const step of steps) {
    if (step.heavy) continue;
    if (batch.length >= MAX_STEPS || (batch.length > 0 && weight + step.weight > MAX_WEIGHT)) close();
    batch.push(step.id);
    weight += step.weight;
  }
  close();
  return planned;
}

/** Plans the steps of the proof, and the end of the drill behind them. */
export async function planProofStep(context: DrillContext): Promise<StepOutcome> {
  const restore = await restoreContextOf(context);
  const steps = await planProof(restore.client, restore, { partBytes: PART_BYTES });
  return {
    result: { started_at: new Date().toISOString() },
    append: [...batchProof(steps), { kind: "end", phase: "prove" }],
  };
}

/**
 * Runs some steps of the proof. They are planned again, which gives the same, since nobody changes the scratch database.
 *
 * @throws {HoldfastError} HF506 if somebody did; HF2xx storage.
 */
export async function proveStep(context: DrillContext, step: ClaimedStep): Promise<StepOutcome> {
  const restore = await restoreContextOf(context);
  const planned = new Map((await planProof(restore.client, restore, { partBytes: PART_BYTES })).map((one) => [one.id, one]));
  const results: StepResult[] = [];
  let bytes = 0;
  for (const id of payload.parse(step.payload).ids) {
    const one = planned.get(id);
    if (one === undefined) {
      throw new HoldfastError("HF506", "The scratch database was changed while it was proven", {
        detail: `Step ${id} of the proof is no longer there.`, hint: "Leave databases named holdfast_drill_… alone, and start another drill." });
    }
    results.push(await runStep(restore.client, one));
    // What is read back from the bucket is hashed here; tables are hashed by the server.
    if (one.check_name === "check_object_checksums") bytes += one.weight;
  }
  return { bytes, result: { results } };
}

/** Puts the proof together, adds it to the restore point, and ends the drill with its verdict. */
export async function endDrill(context: DrillContext): Promise<StepOutcome> {
  const restore = await restoreContextOf(context);
  restore.leftOut.push(...await context.ledger.leftOut());
  const [plan] = (await context.ledger.results("plan_proof")) as { started_at: string }[];
  const results = ((await context.ledger.results("prove")) as { results: StepResult[] }[]).flatMap((one) => one.results);
  const finishedAt = new Date();
  const proof = concludeProof(restore, results, { startedAt: new Date(plan?.started_at ?? finishedAt), finishedAt });
  return {
    finish: {
      verdict: proof.verdict,
      rows: restore.tables.reduce((sum, one) => sum + one.rows, 0),
      raw_bytes: restore.tables.reduce((sum, one) => sum + one.raw_bytes, 0),
      proof: summarizeProof(proof),
      proof_key: await storeProof(restore.backup, proof),
    },
  };
}
