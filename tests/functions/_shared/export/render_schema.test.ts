import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { buildFactBase, deserializeSnapshot, serializeSnapshot, type StableId } from "@supabase/pg-delta/core";
import { plan } from "@supabase/pg-delta/plan";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { captureSchema } from "../../../../functions/_shared/export/capture_schema.ts";
import { type ClaimedChunk, Ledger } from "../../../../functions/_shared/export/ledger.ts";
import { renderSchema, storeRenderedSchema } from "../../../../functions/_shared/export/render_schema.ts";
import { selectFacts } from "../../../../functions/_shared/export/select_facts.ts";
import { extractSchema } from "../../../../functions/_shared/schema/extract_schema.ts";
import { FURTHER_RULES } from "../../../../functions/_shared/schema/further_rules.ts";
import { claimKind, createExportWorld, type ExportWorld, fixtureSql, openRun, type OpenRun, planned } from "../../../support/export_world.ts";
import { queryRows } from "../../../support/query_rows.ts";
import { runPsql } from "../../../support/run_psql.ts";

describe("renderSchema()", () => {
  let world: ExportWorld;
  let run: OpenRun;
  let chunk: ClaimedChunk;
  const empty = `render_${process.pid}`;
  const urlOf = (url: string) => url.replace(/\/[^/]*$/, `/${empty}`);

  beforeAll(async () => {
    world = await createExportWorld({ seeded: true });
    // Two parents of one table are more than the engine models; a warning of captureSchema() says so.
    await world.sql(`set search_path = public, extensions; ${fixtureSql("odd_types.sql")}; ${fixtureSql("odd_tables.sql")}; drop table odd_tables.amphibians;
      create table odd_tables.twice (id integer primary key); alter table odd_tables.twice add constraint again unique (id); set search_path = ''`);
    await queryRows(world.database.adminUrl, `create database ${empty} template template0`);
    run = await openRun(world);
    await planned(run);
    const [schema] = await claimKind(run, "schema");
    if (schema === undefined) throw new Error("no schema chunk");
    await captureSchema(run.context, schema);
    await world.sql("update backup.chunks set state = 'replaced' where run_id = $1 and kind = 'data'", [run.runId]);
    const [rendered] = await claimKind(run, "schema_sql");
    if (rendered === undefined) throw new Error("no schema_sql chunk");
    chunk = rendered;
  });

  afterAll(async () => {
    await run.close();
    await queryRows(world.database.adminUrl, `drop database ${empty} with (force)`);
    await world.close();
  });

  const stored = async (name: string) => gunzipSync(await world.s3.getObject(run.context.objectPrefix + name)).toString();
  const warnings = async () => JSON.stringify(await world.sql("select warnings from backup.runs where run_id = $1", [run.runId]));

  it("renderSchema() leaves out policies whose table is the platform's, with what is said of them", () => {
    const schema: StableId = { kind: "schema", name: "shop" };
    const policy: StableId = { kind: "policy", schema: "realtime", table: "messages", name: "members" };
    const facts = [{ id: schema, payload: {} }, { id: policy, payload: { cmd: "r", permissive: true, roles: ["PUBLIC"], usingExpr: "true", checkExpr: null } },
      { id: { kind: "comment", target: policy } as const, payload: { text: "who hears" }, parent: policy }];
    const sql = renderSchema(serializeSnapshot(buildFactBase(facts, [], "liveDb"), { pgVersion: "17" }), 100);
    expect(sql).toContain("shop");
    expect(sql).not.toMatch(/realtime|who hears/);
  });

  it("storeRenderedSchema() goes without rendering when the schema has too many facts for the worker, and warns", async () => {
    const ledger = Object.assign(new Ledger(run.context.client), { complete: async () => undefined });
    await storeRenderedSchema({ ...run.context, maxRenderedFacts: 10, ledger }, chunk);
    expect(await warnings()).toContain("schema_sql_missing");
    expect(await world.keys(run.context.objectPrefix)).not.toContain(`${run.context.objectPrefix}schema.sql.gz`);
  });

  it("storeRenderedSchema() goes without rendering where no order of statements builds the schema, and says what that means", async () => {
    const view = (name: string): StableId => ({ kind: "view", schema: "shop", name });
    const schema: StableId = { kind: "schema", name: "shop" };
    const facts = [{ id: schema, payload: {} }, ...["a", "b"].map((name) => ({ id: view(name), payload: { def: "SELECT 'secret' AS n", reloptions: [] }, parent: schema }))];
    const edges = [["a", "b"], ["b", "a"]].map(([from = "", to = ""]) => ({ from: view(from), to: view(to), kind: "depends" as const }));
    const bytes = gzipSync(serializeSnapshot(buildFactBase(facts, edges, "liveDb"), { pgVersion: "17" }));
    const warned: { code: string; message: string }[] = [];
    const ledger = Object.assign(new Ledger(run.context.client), { complete: async () => undefined, addWarnings: async (_run: string, list: typeof warned) => void warned.push(...list) });
    const client = { query: async () => ({ rows: [{ key: "x", sha256: createHash("sha256").update(bytes).digest("hex"), bytes: String(bytes.length) }] }) };
    await storeRenderedSchema({ ...run.context, ledger, client: client as never, s3: { ...run.context.s3, getObject: async () => new Uint8Array(bytes) } }, chunk);
    expect(warned).toMatchObject([{ code: "schema_sql_missing", message: expect.stringMatching(/cycle.*HF504/) }]);
    expect(warned[0]?.message).not.toContain("secret");
  });

  it("storeRenderedSchema() goes without rendering when two workers died of it", async () => {
    const completed: unknown[] = [];
    const ledger = Object.assign(new Ledger(run.context.client), { complete: async (...args: unknown[]) => { completed.push(args[2]); }, addWarnings: async () => undefined });
    await storeRenderedSchema({ ...run.context, ledger }, { ...chunk, attempt: 3 });
    expect(completed).toEqual([[{ chunk_no: chunk.chunk_no, stored_bytes: 0, objects: [] }]]);
  });

  it("storeRenderedSchema() renders nothing but the object that the ledger knows", async () => {
    const forged = gzipSync(await stored("schema.json.gz"), { level: 9 });
    const context = { ...run.context, s3: { ...world.s3, getObject: async () => new Uint8Array(forged) } };
    await expect(storeRenderedSchema(context, chunk)).rejects.toMatchObject({ code: "HF207", message: expect.stringContaining("schema.json.gz") });
  });

  it("storeRenderedSchema() stores SQL that psql loads into an empty database, after which no difference is left", async () => {
    await storeRenderedSchema(run.context, chunk);
    const sql = await stored("schema.sql.gz");
    const loaded = await runPsql(urlOf(world.database.adminUrl), sql, ["--set=ON_ERROR_STOP=1"]);
    expect(loaded.stderr.split("\n").filter((line) => line.includes("ERROR"))).toEqual([]);
    expect(loaded.code).toBe(0);

    const pool = new pg.Pool({ connectionString: urlOf(world.database.adminUrl) });
    try {
      const wanted = deserializeSnapshot(await stored("schema.json.gz")).factBase;
      const included = new Set((await world.sql<{ name: string }>("select s as name from backup.included_schemas() s")).map(({ name }) => name));
      const got = selectFacts((await extractSchema(pool)).factBase, included);
      const roles = wanted.facts().flatMap(({ id }) => (id.kind === "role" ? [id.name] : []));
      const { actions } = plan(got, wanted, { scope: "database", assumedRoles: roles, assumedSchemas: ["pg_catalog"], intentRules: FURTHER_RULES });
      expect(actions.map((action) => action.sql)).toEqual([]);
    } finally {
      await pool.end();
    }
  }, 60_000);

  it("renderSchema() gives null above the limit and the same text for the same schema", async () => {
    const json = await stored("schema.json.gz");
    expect(renderSchema(json, 10)).toBeNull();
    expect(renderSchema(json, Infinity)).toBe(renderSchema(json, Infinity));
  });

  it("renderSchema() leaves out what calls a function that is in no backup, and names it in one line", () => {
    const [schema, table]: StableId[] = [{ kind: "schema", name: "shop" }, { kind: "table", schema: "shop", name: "t" }];
    if (schema === undefined || table === undefined) throw new Error("no facts");
    const def = "CREATE TRIGGER hook AFTER INSERT ON shop.t FOR EACH ROW EXECUTE FUNCTION supabase_functions.http_request('u')";
    const base = buildFactBase([{ id: schema, payload: {} }, { id: table, payload: { persistence: "p" }, parent: schema },
      { id: { kind: "trigger", schema: "shop", table: "t", name: "ho\nok" }, payload: { def, enabled: "O" }, parent: table },
      { id: { kind: "eventTrigger", name: "watch" }, payload: { event: "sql_drop", enabled: "O", tags: [], functionSchema: "extensions", functionName: "watch" } }], [], "liveDb");
    const sql = renderSchema(serializeSnapshot(base, { pgVersion: "17" }), Infinity) ?? "";
    expect(sql).not.toMatch(/CREATE (EVENT )?TRIGGER/);
    expect(sql.trimEnd().split("\n").slice(-2)).toEqual(["-- Left out: event trigger watch, as it calls extensions.watch(), which no backup covers.",
      "-- Left out: trigger ho ok of shop.t, as it calls supabase_functions.http_request(), which no backup covers."]);
  });
});
