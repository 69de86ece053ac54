import { gunzipSync } from "node:zlib";
import { deserializeSnapshot } from "@supabase/pg-delta/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { captureSchema } from "../../../../functions/_shared/export/capture_schema.ts";
import type { ClaimedChunk } from "../../../../functions/_shared/export/ledger.ts";
import { claimKind, createExportWorld, type ExportWorld, openRun, type OpenRun, planned } from "../../../support/export_world.ts";
import { queryRows } from "../../../support/query_rows.ts";

describe("captureSchema()", () => {
  let world: ExportWorld;
  let run: OpenRun;

  beforeAll(async () => {
    world = await createExportWorld();
    await world.sql("create schema shop; update backup.settings set included_schemas = '{shop}' where id; create table shop.a (id integer primary key)");
  });

  afterEach(async () => {
    await run.close();
  });

  afterAll(async () => {
    await world.close();
  });

  async function claimSchema(): Promise<ClaimedChunk> {
    run = await openRun(world);
    await planned(run);
    const [chunk] = await claimKind(run, "schema");
    if (chunk === undefined) throw new Error("no chunk");
    return chunk;
  }

  it("captureSchema() stores the schema of the snapshot, not that of now", async () => {
    const chunk = await claimSchema();
    await world.sql("create table shop.late (id integer)");
    await captureSchema(run.context, chunk);
    const json = gunzipSync(await world.s3.getObject(`${run.context.objectPrefix}schema.json.gz`)).toString();
    const tables = deserializeSnapshot(json).factBase.facts().flatMap(({ id }) => (id.kind === "table" ? [`${id.schema}.${id.name}`] : []));
    expect(tables).toEqual(["shop.a"]);
    await world.sql("drop table shop.late");
  });

  it("captureSchema() takes policies on what Realtime sends along, unless the backup is narrowed to some schemas", async () => {
    await queryRows(world.database.adminUrl, "create schema realtime; create table realtime.messages (topic text); create policy members on realtime.messages using (true)");
    const policies = async () => {
      const chunk = await claimSchema();
      await captureSchema(run.context, chunk);
      const { factBase } = deserializeSnapshot(gunzipSync(await world.s3.getObject(`${run.context.objectPrefix}schema.json.gz`)).toString());
      return factBase.facts().flatMap(({ id }) => (id.kind === "policy" && id.schema === "realtime" ? [id.name] : []));
    };
    expect(await policies()).toEqual([]);
    await run.close();
    await world.sql("update backup.settings set included_schemas = null where id");
    expect(await policies()).toEqual(["members"]);
    await world.sql("update backup.settings set included_schemas = '{shop}' where id");
    await queryRows(world.database.adminUrl, "drop schema realtime cascade");
  });

  it("captureSchema() warns of objects that nobody models, and not of those that are carried", async () => {
    await world.sql("create function shop.add(integer, integer) returns integer language sql immutable as 'select $1 + $2'; create operator shop.<<>> (leftarg = integer, rightarg = integer, function = shop.add)");
    await queryRows(world.database.adminUrl, "create language odd handler plpgsql_call_handler");
    const chunk = await claimSchema();
    await captureSchema(run.context, chunk);
    const [row] = await world.sql<{ warnings: { code: string; message: string }[] }>("select warnings from backup.runs where run_id = $1", [run.runId]);
    // The server has a privilege on a parameter too, which globals.json holds.
    expect(row?.warnings.flatMap(({ message }) => /unmodeled "([^"]+)"/.exec(message)?.[1] ?? [])).toEqual(["language"]);
    const { factBase } = deserializeSnapshot(gunzipSync(await world.s3.getObject(`${run.context.objectPrefix}schema.json.gz`)).toString());
    expect(factBase.facts().flatMap(({ id }) => (id.kind === "extensionIntent" ? [id.key] : []))).toEqual(['["shop", "<<>> (integer, integer)"]']);
    await queryRows(world.database.adminUrl, "drop language odd; drop operator shop.<<>> (integer, integer); drop function shop.add");
  });

  it("captureSchema() throws HF300 when the keeper is gone, and leaves the session usable", async () => {
    const chunk = await claimSchema();
    await world.sql("select pg_terminate_backend(keeper_pid) from backup.runs where run_id = $1", [run.runId]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect(captureSchema(run.context, chunk)).rejects.toMatchObject({ code: "HF300" });
    await expect(run.context.client.query("select txid_current()")).resolves.toMatchObject({ rowCount: 1 });
    expect(await run.ledger.progress(run.runId)).toMatchObject({ state: "exporting" });
  });
});
