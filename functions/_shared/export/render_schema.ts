import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { buildFactBase, deserializeSnapshot } from "@supabase/pg-delta/core";
import { plan } from "@supabase/pg-delta/plan";
import type { ClaimedChunk } from "./ledger.ts";
import { attemptName } from "./object_keys.ts";
import { compress, storeObject } from "./store_object.ts";
import type { WorkerContext } from "./worker_context.ts";

const gunzipAsync = promisify(gunzip);

/** Rendering is a convenience for readers without this tool; after this many workers died of it the run goes on without. */
const ATTEMPTS = 2;

/** The statements that build this schema in an empty database, in an order that works. */
export function renderSchema(json: string): string {
  const { factBase } = deserializeSnapshot(json);
  const roles = new Set<string>();
  for (const fact of factBase.facts()) if (fact.id.kind === "role") roles.add(fact.id.name);
  const { actions, preamble } = plan(buildFactBase([], [], "snapshot"), factBase, { scope: "database", assumedRoles: [...roles] });
  const settings = preamble.map(({ name, value }) => `set ${name} = ${value === "" ? "''" : value};`);
  return ["-- Schema of the backup. Roles are in roles.sql.gz; load them first.", ...settings,
    ...actions.map(({ sql }) => `${sql.trimEnd().replace(/;$/, "")};`), ""].join("\n");
}

/**
 * Renders the captured schema as readable SQL and stores it as schema.sql.gz.
 *
 * @throws {HoldfastError} HF2xx storage.
 */
export async function storeRenderedSchema(context: WorkerContext, chunk: ClaimedChunk): Promise<void> {
  const done = (objects: Awaited<ReturnType<typeof storeObject>>[]) =>
    context.ledger.complete(context.runId, chunk.claim_id,
      [{ chunk_no: chunk.chunk_no, stored_bytes: objects.reduce((sum, one) => sum + one.bytes, 0), objects }]);
  if (chunk.attempt > ATTEMPTS) {
    await context.ledger.addWarnings(context.runId, [{ code: "schema_sql_missing", subject: "schema.sql",
      message: "The schema is too large to be rendered as SQL within a function; schema.json holds it. holdfast backup renders it." }]);
    return done([]);
  }
  const { rows: [source] } = await context.client.query<{ key: string; sha256: string }>(
    `select o ->> 'key' as key, o ->> 'sha256' as sha256 from backup.chunks c, jsonb_array_elements(c.objects) o
     where c.run_id = $1 and c.kind = 'schema' and c.state = 'done'`, [context.runId]);
  if (source === undefined) throw new Error("Cannot render the schema as it has not been captured");
  const json = (await gunzipAsync(await context.s3.getObject(source.key))).toString("utf8");
  return done([await storeObject(context, attemptName("schema", "sql.gz", chunk.attempt),
    await compress(new TextEncoder().encode(renderSchema(json))), "application/gzip", "schema.sql")]);
}
