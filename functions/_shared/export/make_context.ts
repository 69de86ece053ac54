import type { Client } from "pg";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { S3Client } from "../s3/s3_client.ts";
import { TOOL_VERSION } from "../tool_version.ts";
import { CopyBuffer } from "./copy_buffer.ts";
import { Ledger } from "./ledger.ts";
import { readObjectProperties } from "./object_properties.ts";
import type { WorkerContext } from "./worker_context.ts";

/** What a worker may take on: bytes of COPY text of one chunk and of one row that cannot be split, facts of a rendered schema. */
export interface WorkerLimits {
  maxChunkBytes: number;
  maxRowBytes: number;
  maxRenderedFacts: number;
}

/**
 * The context of one worker on one run whose snapshot is held. The first worker of a run decides whom it is encrypted to;
 * later ones find that in the ledger, so that a change of the configuration never mixes keys within a backup.
 *
 * @param recipients asked for only when the run has none yet.
 * @throws {HoldfastError} HF001 if the run does not exist, HF600 as its objects cannot be locked, HF700 as `recipients` does.
 */
export async function makeContext(
  client: Client, s3: S3Client, runId: string, worker: string, snapshotId: string, limits: WorkerLimits,
  recipients: () => readonly string[] = () => [],
): Promise<WorkerContext> {
  const { rows: [run] } = await client.query<{ object_prefix: string; age_recipients: string[] | null; lease_seconds: number }>(
    "select r.object_prefix, r.age_recipients, s.lease_seconds from backup.runs r, backup.settings s where r.run_id = $1", [runId]);
  if (run === undefined) {
    throw new HoldfastError("HF001", `Run '${runId}' does not exist`, { hint: "List runs with holdfast runs." });
  }
  const ledger = new Ledger(client);
  const fixed = run.age_recipients ?? await ledger.fixRecipients(runId, recipients());
  const properties = await readObjectProperties(client, runId);
  return { client, ledger, s3, runId, objectPrefix: run.object_prefix, recipients: fixed, properties, worker, snapshotId, leaseMs: run.lease_seconds * 1000, copyBuffer: new CopyBuffer(), ...limits, toolVersion: TOOL_VERSION };
}
