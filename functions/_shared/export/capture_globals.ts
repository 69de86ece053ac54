import { callLedger } from "../database/call_ledger.ts";
import { readConfig } from "./capture_config.ts";
import { compress } from "./compress.ts";
import type { ClaimedChunk, RunWarning } from "./ledger.ts";
import { attemptName } from "./object_keys.ts";
import { inSnapshot } from "./open_snapshot.ts";
import { globalsSchema, renderRoles } from "./render_roles.ts";
import { storeJson, storeObject } from "./store_object.ts";
import type { WorkerContext } from "./worker_context.ts";

/**
 * Captures roles, memberships, settings, extensions, scheduled jobs, the configuration of Holdfast and the answers of its
 * access probes inside the snapshot; stores globals.json.gz, roles.sql.gz and config.json.gz, and notes what the backup does not hold.
 *
 * @throws {HoldfastError} HF2xx storage, HF300 snapshot lost, HF305 when password verifiers are wanted but not readable.
 */
export async function captureGlobals(context: WorkerContext, chunk: ClaimedChunk): Promise<void> {
  const { globals, gaps, config } = await inSnapshot(context.client, context, async () => {
    const [row] = await callLedger<{ globals: unknown }>(context.client, "select backup.globals() as globals");
    const gaps = await callLedger<RunWarning>(context.client, "select g.code, g.subject, g.message from backup.coverage_gaps() g");
    return { globals: row?.globals, gaps, config: await readConfig(context.client) };
  });
  const roles = renderRoles(globalsSchema.parse(globals));
  const objects = [
    await storeJson(context, attemptName("globals", "json.gz", chunk.attempt), globals, "globals.json"),
    await storeObject(context, attemptName("roles", "sql.gz", chunk.attempt),
      await compress(new TextEncoder().encode(roles)), "application/gzip", "roles.sql"),
    await storeJson(context, attemptName("config", "json.gz", chunk.attempt), config, "config.json"),
  ];
  await context.ledger.addWarnings(context.runId, gaps);
  await context.ledger.complete(context.runId, chunk.claim_id,
    [{ chunk_no: chunk.chunk_no, stored_bytes: objects.reduce((sum, one) => sum + one.bytes, 0), objects }]);
}
