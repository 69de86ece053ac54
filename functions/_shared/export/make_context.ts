import type { Client } from "pg";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { S3Client } from "../s3/s3_client.ts";
import { TOOL_VERSION } from "../tool_version.ts";
import { Ledger } from "./ledger.ts";
import type { WorkerContext } from "./worker_context.ts";

/** What a worker may take on: bytes of COPY text of one chunk and of one row that cannot be split, facts of a rendered schema. */
export interface WorkerLimits {
  maxChunkBytes: number;
  maxRowBytes: number;
  maxRenderedFacts: number;
}

/**
 * The context of one worker on one run whose snapshot is held.
 *
 * @throws {HoldfastError} HF001 if the run does not exist.
 */
export async function makeContext(
  client: Client, s3: S3Client, runId: string, worker: string, snapshotId: string, limits: WorkerLimits,
): Promise<WorkerContext> {
  const { rows: [run] } = await client.query<{ object_prefix: string }>(
    "select r.object_prefix from backup.runs r where r.run_id = $1", [runId]);
  if (run === undefined) {
    throw new HoldfastError("HF001", `Run '${runId}' does not exist`, { hint: "List runs with holdfast runs." });
  }
  return { client, ledger: new Ledger(client), s3, runId, objectPrefix: run.object_prefix, worker, snapshotId, ...limits, toolVersion: TOOL_VERSION };
}
