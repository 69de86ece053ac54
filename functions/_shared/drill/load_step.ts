import { z } from "zod";
import { tableKey } from "../export/build_manifest.ts";
import { chunkListSchema } from "../export/manifest.ts";
import { loadChunk, prepareChunk } from "../restore/load_chunk.ts";
import { targetColumns } from "../restore/target_columns.ts";
import type { DrillContext, StepOutcome } from "./drill_context.ts";
import type { ClaimedStep } from "./drill_ledger.ts";
import { scratchTarget } from "./restore_context_of.ts";

const payload = z.object({ chunks: z.array(z.object({ schema: z.string(), name: z.string(), chunk: chunkListSchema.element })) });

/**
 * Loads the chunks of one step. Each is loaded in a transaction with its mark, so those that an earlier attempt has loaded
 * stay loaded once.
 *
 * @throws {HoldfastError} HF501 naming the object, HF505 the server refuses its rows, HF2xx storage.
 */
export async function loadStep(context: DrillContext, step: ClaimedStep): Promise<StepOutcome> {
  const { chunks } = payload.parse(step.payload);
  const backup = await context.backup();
  const client = await context.scratch();
  const { mayReplicate } = await scratchTarget(client);
  const tables = new Map(backup.manifest.tables.map((one) => [tableKey(one.schema, one.name), one]));
  const wanted = [...new Set(chunks.map(({ schema, name }) => tableKey(schema, name)))].flatMap((key) => tables.get(key) ?? []);
  const columns = await targetColumns(client, wanted);
  let bytes = 0;
  for (const { schema, name, chunk } of chunks) {
    const table = tables.get(tableKey(schema, name));
    const target = columns.get(tableKey(schema, name));
    if (table === undefined || target === undefined) throw new Error(`Table ${schema}.${name} was planned and is not there`);
    await loadChunk(client, await prepareChunk(backup, table, chunk, target), { mayReplicate });
    bytes += chunk.raw_bytes;
  }
  return { bytes, result: { chunks: chunks.length, bytes } };
}
