import { serializeSnapshot } from "@supabase/pg-delta/core";
import type { extract } from "@supabase/pg-delta/extract";
import type { Client, Pool } from "pg";
import { extractSchema } from "../schema/extract_schema.ts";
import { compress } from "./compress.ts";
import { leaveToPlatform } from "./leave_to_platform.ts";
import type { ClaimedChunk, RunWarning } from "./ledger.ts";
import { attemptName } from "./object_keys.ts";
import { importSnapshot } from "./open_snapshot.ts";
import { selectFacts } from "./select_facts.ts";
import { storeObject } from "./store_object.ts";
import type { WorkerContext } from "./worker_context.ts";

/**
 * A pool of one borrowed client. extract() begins its own repeatable-read transaction; the snapshot of the run has to be
 * imported as the first thing in it.
 */
function snapshotPool(context: WorkerContext): Pool {
  const { client } = context;
  const query = async (...args: Parameters<Client["query"]>) => {
    const result = await client.query(...args);
    if (/^\s*begin\b/i.test(String(args[0]))) await importSnapshot(client, context);
    return result;
  };
  // extract() uses connect(), query() and release() and nothing else of a pool.
  return { connect: () => Promise.resolve({ query, release: () => undefined }) } as unknown as Pool;
}

/**
 * Kinds the engine reports as not modeled, by its words for them, that furtherObjects carries. Privileges on parameters belong to
 * the server and its roles: globals.json and roles.sql hold them.
 */
const CARRIED = new Set(["cast", "operator", "operator class", "operator family", "text search parser", "text search template", "text search configuration", "text search dictionary",
  "statistics object", "transform", "parameter ACL"]);

/** What is not modeled, one warning per kind of object, so that a gap is stated and not found later. */
function warningsOf(diagnostics: Awaited<ReturnType<typeof extract>>["diagnostics"]): RunWarning[] {
  return diagnostics
    .filter((one) => one.code !== "unmodeled_kind" || !CARRIED.has(String(one.context?.["kind"])))
    // Identity sequences and extension members have edges to objects that are not facts of their own.
    .filter((one) => one.code !== "dangling_edge" && one.severity !== "info")
    .map((one) => ({ code: `schema_${one.code}`, subject: "schema", message: one.message }));
}

/** The included schemas as they are in the snapshot: a serialized fact base, and what the engine says about gaps. */
export async function readSchemaFacts(context: WorkerContext): Promise<{ json: string; diagnostics: Awaited<ReturnType<typeof extract>>["diagnostics"] }> {
  const { factBase, pgVersion, diagnostics } = await extractSchema(snapshotPool(context));
  const { rows: included } = await context.client.query<{ name: string; all: boolean }>(
    "select i as name, s.included_schemas is null as all from backup.included_schemas() i cross join backup.settings s");
  const selected = selectFacts(factBase, new Set(included.map(({ name }) => name)), included.every(({ all }) => all));
  return { json: serializeSnapshot(leaveToPlatform(selected, factBase), { pgVersion }), diagnostics };
}

/**
 * Captures the included schemas inside the snapshot as a serialized fact base and stores it as schema.json.gz.
 *
 * @throws {HoldfastError} HF2xx storage, HF300 snapshot lost.
 */
export async function captureSchema(context: WorkerContext, chunk: ClaimedChunk): Promise<void> {
  const { json, diagnostics } = await readSchemaFacts(context);
  const object = await storeObject(context, attemptName("schema", "json.gz", chunk.attempt),
    await compress(new TextEncoder().encode(json)), "application/gzip", "schema.json");
  await context.ledger.addWarnings(context.runId, warningsOf(diagnostics));
  await context.ledger.complete(context.runId, chunk.claim_id, [{ chunk_no: chunk.chunk_no, stored_bytes: object.bytes, objects: [object] }]);
}
