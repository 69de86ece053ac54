import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { planProof } from "../../../../functions/_shared/prove/plan_proof.ts";
import { type ProveContext, runStep } from "../../../../functions/_shared/prove/proof_step.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { targetInfo } from "../../../support/facts.ts";
import { withContent } from "../../../support/with_content.ts";

const ALL = { only: null, dataOnly: false, schemaOnly: false };
const table = (name: string) => ({ schema: "shop", name, columns: ["n"], fingerprint: "0".repeat(16), fingerprint_expression: "pg_catalog.hashint4extended(0, (pg_catalog.hashtextextended(row(t.n)::text, 0)))", rows: 0, raw_bytes: 0, stored_bytes: 0, chunks: [] });
const CONFIG = { format: "holdfast-config", format_version: 1, tables: { sample_queries: [] }, access_probes: [] };

describe("planProof()", () => {
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    client = await connect(database.url, { applicationName: "holdfast test" });
    await client.query(`create schema shop; create table shop.small (n integer); create table shop.large (n integer); insert into shop.large select generate_series(1, 3000);
      create materialized view shop.counts as select count(*) as n from shop.large`);
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });
  function contextOf(options: Partial<ProveContext["options"]> = {}, documents: Record<string, unknown> = { "config.json": CONFIG, "sequences.json": [] }): ProveContext {
    const backup = withContent(documents);
    backup.manifest.tables = [table("small"), table("large")];
    return { backup, target: targetInfo(), tables: backup.manifest.tables, leftOut: [], options: { ...ALL, ...options } };
  }
  const ids = async (...given: Parameters<typeof contextOf>) => (await planProof(client, contextOf(...given), { partBytes: 65_536 })).map((one) => one.id);
  const WHOLE = ["schema", "objects", "table:shop.small", "table:shop.large#1/2", "table:shop.large#2/2", "rules:1/1", "check_critical_data", "run_sample_queries", "run_tests", "view:shop.counts", "sequences", "probes"];

  it("planProof() compares everything, in steps whose names are the same when it is planned again", async () => {
    expect(await ids()).toEqual(WHOLE);
    expect(await ids()).toEqual(WHOLE);
    const steps = await planProof(client, contextOf(), { partBytes: 1024 ** 3 });
    expect(steps.filter((one) => one.id.startsWith("table:")).map((one) => one.id)).toEqual(["table:shop.small", "table:shop.large"]);
    expect(steps.filter((one) => one.heavy).map((one) => one.id)).toEqual(["schema"]);
    expect(steps.every((one) => one.weight >= 0)).toBe(true);
  });

  it.each<[string, Partial<ProveContext["options"]>, string[]]>([
    ["a schema", { schemaOnly: true }, ["schema", "objects", "sequences", "probes"]],
    ["rows", { dataOnly: true }, ["schema", "objects", "table:shop.small", "table:shop.large#1/2", "table:shop.large#2/2", "rules:1/1", "sequences", "probes"]],
    ["a table", { only: [{ schema: "shop", name: "small" }] }, ["schema", "objects", "table:shop.small", "table:shop.large#1/2", "table:shop.large#2/2", "rules:1/1", "sequences", "probes"]],
  ])("planProof() leaves out what a restore of %s alone cannot have brought back", async (_what, options, expected) => {
    expect(await ids(options)).toEqual(expected);
  });

  it("planProof() plans for a backup without config.json, whose expectations are said to be unknown", async () => {
    const steps = await planProof(client, contextOf({}, {}), { partBytes: 65_536 });
    expect(steps.map((one) => one.id)).toEqual(WHOLE);
    const probes = await runStep(client, steps.at(-1) as (typeof steps)[number]);
    expect(probes.findings).toMatchObject([{ verdict: "skipped", actual: "the backup is older than access probes" }]);
  });

  it("planProof() hands the expectations of the backup to the steps that need them", async () => {
    const steps = await planProof(client, contextOf(), { partBytes: 65_536 });
    expect((await runStep(client, steps.at(-1) as (typeof steps)[number])).findings).toMatchObject([{ verdict: "skipped", actual: "no access probe is registered" }]);
  });

  it.each([["it is something else", { "config.json": { format: "another" } }], ["it is missing", { "config.json": CONFIG }]])("planProof() does not begin without the configuration of the backup when %s: HF501", async (what, documents) => {
    const context = contextOf({}, documents);
    if (what === "it is missing") (context.backup as ReturnType<typeof withContent>).s3.objects.clear();
    await expect(planProof(client, context, { partBytes: 65_536 })).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining("config.json") });
  });
});
