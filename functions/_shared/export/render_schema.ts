import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { buildFactBase, deserializeSnapshot, type FactBase } from "@supabase/pg-delta/core";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { sha256Hex } from "../s3/sha256_hex.ts";
import { readSchemaFacts } from "./capture_schema.ts";
import { nameOf, without, withDependents } from "../restore/fact_edits.ts";
import { finishActions } from "../schema/finish_actions.ts";
import { FURTHER_RULES } from "../schema/further_rules.ts";
import { foreignCalls } from "../schema/foreign_calls.ts";
import { isGuest } from "../schema/is_guest.ts";
import { planChanges } from "../schema/plan_changes.ts";
import { planningReason } from "../schema/planning_reason.ts";
import { compress } from "./compress.ts";
import type { ClaimedChunk } from "./ledger.ts";
import { attemptName } from "./object_keys.ts";
import { orderColumns } from "./order_columns.ts";
import { recurseIndex } from "./recurse_index.ts";
import { separateKeys } from "./separate_keys.ts";
import { storeObject } from "./store_object.ts";
import type { WorkerContext } from "./worker_context.ts";

const gunzipAsync = promisify(gunzip);

/** Rendering is a convenience for readers without this tool; when this many workers died of it the run goes on without. */
const ATTEMPTS = 2;

const TOO_LARGE = "The schema is too large to be rendered as SQL within a function; schema.json holds it, and holdfast backup renders it.";

/** Said as long as nothing is lost: the schema has to change before it can be restored by statements. */
const noWay = (reason: string) =>
  `No order of statements builds this schema from nothing: ${reason}. schema.json holds it, but a restore of the whole will end with HF504; a generated column that calls a function over its own table makes such a circle.`;

/**
 * The statements that build this schema in an empty database, in an order that works. Null when it has more than `maxFacts`
 * facts (columns, constraints, grants, …), because planning them takes more CPU time than the caller has.
 */
export function renderSchema(json: string, maxFacts: number): string | null {
  const captured = withoutGuests(deserializeSnapshot(json).factBase);
  const calls = foreignCalls(captured);
  const factBase = without(captured, withDependents(captured, calls.map(({ caller }) => caller)));
  const facts = factBase.facts();
  if (facts.length > maxFacts) return null;
  // Roles are in roles.sql.
  const assumedRoles = facts.flatMap(({ id }) => (id.kind === "role" ? [id.name] : []));
  const { actions, preamble } = planChanges(buildFactBase([], [], "snapshot"), factBase,
    { scope: "database", assumedRoles, assumedSchemas: ["pg_catalog"], intentRules: FURTHER_RULES });
  const settings = preamble.map(({ name, value }) => `set ${name} = ${value === "" ? "''" : value};`);
  return ["-- Schema of the backup. Roles are in roles.sql.gz; load them first.", ...settings,
    ...finishActions(separateKeys(orderColumns(actions, factBase)), factBase).map(({ sql }) => `${tolerant(recurseIndex(sql)).trimEnd().replace(/;$/, "")};`),
    ...calls.map(({ caller, called }) => `-- Left out: ${onOneLine(nameOf(caller))}, as it calls ${onOneLine(`${called.schema}.${called.name}()`)}, which no backup covers.`), ""].join("\n");
}

/** A name may hold a line break, after which it would be a statement. */
function onOneLine(name: string): string {
  return name.replace(/[\r\n]+/g, " ");
}

/** The tables of such policies are not in the backup, and a database that is filled by hand may not have them. */
function withoutGuests(base: FactBase): FactBase {
  return without(base, withDependents(base, base.facts().filter(isGuest).map(({ id }) => id)));
}

/** Even an empty database has schema public, and a new project has more: what is there already stays. */
function tolerant(sql: string): string {
  return sql.replace(/^CREATE (SCHEMA|EXTENSION) (?!IF NOT EXISTS)/, "CREATE $1 IF NOT EXISTS ");
}

async function readStoredFacts(context: WorkerContext): Promise<string> {
  const { rows: [source] } = await context.client.query<{ key: string; sha256: string; bytes: string }>(
    `select o ->> 'key' as key, o ->> 'sha256' as sha256, o ->> 'bytes' as bytes from backup.chunks c, jsonb_array_elements(c.objects) o
     where c.run_id = $1 and c.kind = 'schema' and c.state = 'done'`, [context.runId]);
  if (source === undefined) throw new Error("Cannot render the schema as it has not been captured");
  const bytes = await context.s3.getObject(source.key, { maxBytes: Number(source.bytes) });
  // The bucket is somebody else's; what the schema is said to be comes from here.
  if (await sha256Hex(bytes) !== source.sha256) {
    throw new HoldfastError("HF207", `Cannot render the schema as object ${source.key} is not what was stored`, {
      hint: "Find out who else writes to this prefix; then start another run." });
  }
  return (await gunzipAsync(bytes)).toString("utf8");
}

/**
 * Renders the captured schema as readable SQL and stores it as schema.sql.gz.
 *
 * @throws {HoldfastError} HF2xx storage, HF300 snapshot lost.
 */
export async function storeRenderedSchema(context: WorkerContext, chunk: ClaimedChunk): Promise<void> {
  const done = (objects: Awaited<ReturnType<typeof storeObject>>[]) =>
    context.ledger.complete(context.runId, chunk.claim_id,
      [{ chunk_no: chunk.chunk_no, stored_bytes: objects.reduce((sum, one) => sum + one.bytes, 0), objects }]);
  const goWithout = async (message: string) => {
    await context.ledger.addWarnings(context.runId, [{ code: "schema_sql_missing", subject: "schema.sql", message }]);
    await done([]);
  };
  if (chunk.attempt > ATTEMPTS) return goWithout(TOO_LARGE);
  // Nobody here can open an encrypted schema.json, but the snapshot it was taken from is still there.
  const json = context.recipients.length === 0 ? await readStoredFacts(context) : (await readSchemaFacts(context)).json;
  let sql: string | null;
  try {
    sql = renderSchema(json, context.maxRenderedFacts);
  } catch (error) {
    // Rows without a readable schema are a backup; none at all would be worse.
    return goWithout(noWay(planningReason(error) ?? "unknown reason"));
  }
  if (sql === null) return goWithout(TOO_LARGE);
  return done([await storeObject(context, attemptName("schema", "sql.gz", chunk.attempt),
    await compress(new TextEncoder().encode(sql)), "application/gzip", "schema.sql")]);
}
