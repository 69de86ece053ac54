import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import type { ManifestTable } from "../../../../functions/_shared/export/manifest.ts";
import { type ProveContext, runStep, type StepResult, type TableMeasure } from "../../../../functions/_shared/prove/proof_step.ts";
import { compareTables, tableSteps } from "../../../../functions/_shared/prove/table_steps.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { targetInfo } from "../../../support/facts.ts";
import { manifestOf, memoryBackup, memoryStorage } from "../../../support/memory_backup.ts";
import { fingerprintOf } from "../../../support/restore_world.ts";

const EXPRESSION = "pg_catalog.hashint4extended(0, (pg_catalog.hashtextextended(row(t.n, t.name)::text, 0)))";
const ALL = { only: null, dataOnly: false, schemaOnly: false };

let database: TestDatabase;
let client: Client;
let items: ManifestTable;
let odd: ManifestTable;
beforeAll(async () => {
  database = await createTestDatabase();
  client = await connect(database.url, { applicationName: "holdfast test" });
  await client.query(`create schema shop; create table shop.items (n integer, name text) with (autovacuum_enabled = off); insert into shop.items select g, 'n' || g from generate_series(1, 2000) g;
    create table shop."Odd.Name" (n integer, name text); create table shop.parts (n integer, name text) partition by list (n)`);
  items = await written("shop", "items");
  odd = await written("shop", "Odd.Name");
});
afterAll(async () => {
  await client.end();
  await database.drop();
});
afterEach(async () => {
  // Undoes what a test did to the rows.
  await client.query(`delete from shop.items where n > 2000 or name like 'again%'; update shop.items set name = 'n' || n where name <> 'n' || n`);
});

/** A table as the manifest would have it by now. */
async function written(schema: string, name: string): Promise<ManifestTable> {
  const measured = await fingerprintOf(client, { schema, name, fingerprint_expression: EXPRESSION });
  return { schema, name, columns: ["n", "name"], fingerprint_expression: EXPRESSION, raw_bytes: 1, stored_bytes: 1, chunks: [], ...measured };
}
const contextOf = (tables: readonly ManifestTable[], change: Partial<ProveContext> = {}): ProveContext =>
  ({ backup: memoryBackup(memoryStorage(), manifestOf()), target: targetInfo(), tables, leftOut: [], options: ALL, ...change });

async function prove(tables: readonly ManifestTable[], partBytes = 2 ** 30, change: Partial<ProveContext> = {}): Promise<{ results: StepResult[]; findings: [string, string, string, string | null][] }> {
  const context = contextOf(tables, change);
  const results: StepResult[] = [];
  for (const step of await tableSteps(client, context, partBytes)) results.push(await runStep(client, step));
  const found = results.flatMap((one) => one.findings);
  const all = [...found, ...compareTables(context, results.flatMap((one) => one.measures), found)];
  return { results, findings: all.map((one) => [one.check_name, one.subject, one.verdict, one.actual]) };
}
const verdicts = async (...given: Parameters<typeof prove>) => (await prove(...given)).findings.map(([check, subject, verdict]) => [check, subject, verdict]);
const BOTH = (verdict: string, subject = "shop.items") => [["check_row_counts", subject, verdict], ["check_fingerprints", subject, verdict]];

describe("tableSteps()", () => {
  it("tableSteps() counts and hashes each table once, whatever it is called, and an empty one too", async () => {
    const { results, findings } = await prove([items, odd]);
    expect(results.map((one) => one.measures)).toMatchObject([[{ schema: "shop", name: "items", part: 0, parts: 1, rows: "2000" }], [{ name: "Odd.Name", rows: "0", sum: "0" }]]);
    expect(findings).toEqual([
      ["check_row_counts", "shop.items", "passed", "2000 rows"], ["check_fingerprints", "shop.items", "passed", `fingerprint ${items.fingerprint}`],
      ["check_row_counts", 'shop."Odd.Name"', "passed", "0 rows"], ["check_fingerprints", 'shop."Odd.Name"', "passed", `fingerprint ${"0".repeat(16)}`]]);
  });

  it("tableSteps() shares a large table among parts that add up to the same, the last one open-ended", async () => {
    const steps = await tableSteps(client, contextOf([items, odd]), 16_384);
    const ids = steps.map((one) => one.id);
    expect(ids.length).toBeGreaterThan(4);
    expect(ids[0]).toBe(`table:shop.items#1/${ids.length - 1}`);
    expect(ids.at(-1)).toBe('table:shop."Odd.Name"');
    expect(new Set(ids).size).toBe(ids.length);
    expect(steps[0]?.weight).toBeGreaterThan(8191);
    expect(await verdicts([items], 16_384)).toEqual(BOTH("passed"));
    // What was added behind the last page that was there belongs to the last part.
    const before = await tableSteps(client, contextOf([items]), 16_384);
    await client.query("insert into shop.items select g, 'n' || g from generate_series(2001, 9000) g");
    const counted = [];
    for (const step of before) counted.push(...(await runStep(client, step)).measures);
    expect(counted.reduce((sum, one) => sum + Number(one.rows), 0)).toBe(9000);
  });

  it("tableSteps() reads a table in one piece whose rows are stored in another way than in pages", async () => {
    const admin = await connect(database.adminUrl, { applicationName: "holdfast test" });
    await admin.query(`create access method other_heap type table handler heap_tableam_handler; create table shop.elsewhere (n integer, name text) using other_heap;
      insert into shop.elsewhere select n, name from shop.items; grant select on shop.elsewhere to postgres`);
    const elsewhere = await written("shop", "elsewhere");
    expect((await tableSteps(client, contextOf([elsewhere]), 16_384)).map((one) => one.id)).toEqual(["table:shop.elsewhere"]);
    expect(await verdicts([elsewhere], 16_384)).toEqual(BOTH("passed", "shop.elsewhere"));
    await admin.end();
  });

  it.each([1, 16_384])("tableSteps() has no more than 1000 parts of a table, and each row in one of them (%i)", async (partBytes) => {
    const steps = await tableSteps(client, contextOf([items]), partBytes);
    expect(steps.length).toBeLessThanOrEqual(1000);
    expect(steps.length).toBeGreaterThan(1);
  });

  it.each([["lost", "delete from shop.items where n = 1000", "failed"], ["doubled", "insert into shop.items values (1001, 'again'), (1001, 'again')", "failed"], ["swapped for another", "update shop.items set name = 'other' where n = 3", "passed"]])(
    "tableSteps() notices a row that was %s, in one piece and in parts", async (_what, damage, counts) => {
      await client.query("begin");
      await client.query(damage);
      try {
        for (const partBytes of [2 ** 30, 16_384]) {
          expect(await verdicts([items], partBytes)).toEqual([["check_row_counts", "shop.items", counts], ["check_fingerprints", "shop.items", "failed"]]);
        }
      } finally {
        await client.query("rollback");
      }
    });

  it("tableSteps() says that a table is missing or lacks a column: failed, and no row count is claimed", async () => {
    expect((await prove([{ ...items, name: "gone" }])).findings).toEqual([["check_fingerprints", "shop.gone", "failed", "the table is missing"]]);
    expect((await prove([{ ...items, fingerprint_expression: "pg_catalog.hashint4extended(0, (pg_catalog.hashtextextended(row(t.n, t.gone)::text, 0)))" }])).findings).toEqual([["check_fingerprints", "shop.items", "failed", "a column is missing"]]);
    const typed = "pg_catalog.hashint4extended(0, (coalesce(pg_catalog.uuid_hash_extended(t.n, 1), 1)))";
    expect((await prove([{ ...items, fingerprint_expression: typed }])).findings).toEqual([["check_fingerprints", "shop.items", "failed", "a function is missing, or a column has another type"]]);
  });

  it("tableSteps() cannot compare a table of a platform of another version: inconclusive", async () => {
    const other = { ...items, fingerprint_expression: "pg_catalog.hashint4extended(0, (pg_catalog.hashtextextended(row(t.n, t.gone)::text, 0)))" };
    const change = { target: targetInfo({ platformSchemas: ["shop"] }) };
    expect((await prove([other], 2 ** 30, change)).findings).toEqual([["check_fingerprints", "shop.items", "inconclusive", "a column is missing: the target's platform is of another version"]]);
    // What is there and differs is no question of versions.
    expect(await verdicts([{ ...items, rows: 1, fingerprint: "1".repeat(16) }], 2 ** 30, change)).toEqual(BOTH("failed"));
  });

  it("tableSteps() says that it may not look: inconclusive", async () => {
    await client.query("set role authenticated");
    const found = [await prove([items]), await prove([items], 2 ** 30, { target: targetInfo({ platformSchemas: ["shop"] }) })];
    await client.query("reset role");
    for (const { findings } of found) expect(findings).toEqual([["check_fingerprints", "shop.items", "inconclusive", "the role may not look (42501)"]]);
  });

  it("tableSteps() runs nothing that a manifest calls an expression and that does more than hash columns", async () => {
    const evil = { ...items, fingerprint_expression: "pg_catalog.hashint4extended(0, (pg_catalog.hashtextextended(row(set_config('holdfast.evil', 'done', false))::text, 0)))" };
    expect((await prove([evil])).findings).toEqual([["check_fingerprints", "shop.items", "failed", "the manifest has another one, which was not run"]]);
    expect((await client.query("select current_setting('holdfast.evil', true) as evil")).rows).toEqual([{ evil: null }]);
  });

  it("tableSteps() has nothing to do where no rows were restored", async () => {
    const options = { ...ALL, schemaOnly: true };
    expect(await tableSteps(client, contextOf([items], { options }), 1)).toEqual([]);
    expect(compareTables(contextOf([items], { options }), [], [])).toEqual([]);
    expect(await tableSteps(client, contextOf([]), 1)).toEqual([]);
  });
});

describe("compareTables()", () => {
  const table: ManifestTable = { schema: "a", name: "b", columns: ["c", "d"], fingerprint: "0000000000000005", fingerprint_expression: EXPRESSION, rows: 3, raw_bytes: 1, stored_bytes: 1, chunks: [] };
  const measure = (part: number, parts: number, rows: string, sum: string): TableMeasure => ({ schema: "a", name: "b", part, parts, rows, sum });
  const compare = (measures: TableMeasure[], findings: Parameters<typeof compareTables>[2] = []) => compareTables(contextOf([table]), measures, findings);

  it("compareTables() adds parts up, past what a number holds and around 2^64", () => {
    expect(compare([measure(0, 2, "1", String(2n ** 64n - 1n)), measure(1, 2, "2", "6")])).toMatchObject([
      { check_name: "check_row_counts", subject: "a.b", verdict: "passed", expected: "3 rows", actual: "3 rows", evidence: { expected_rows: 3, rows: 3 } },
      { check_name: "check_fingerprints", verdict: "passed", expected: "fingerprint 0000000000000005", actual: "fingerprint 0000000000000005", evidence: { columns: 2, rows: 3 } }]);
  });

  it("compareTables() counts a part that was measured twice once", () => {
    expect(compare([measure(0, 1, "3", "5"), measure(0, 1, "3", "5")]).map((one) => one.verdict)).toEqual(["passed", "passed"]);
  });

  it("compareTables() takes no table for another whose name reads the same", () => {
    const [one, other] = [{ ...table, schema: "a", name: "b.c" }, { ...table, schema: "a.b", name: "c" }];
    const found = compareTables(contextOf([one, other]), [{ ...measure(0, 1, "3", "5"), name: "b.c" }, { ...measure(0, 1, "4", "6"), schema: "a.b", name: "c" }], []);
    expect(found.map((finding) => [finding.subject, finding.verdict])).toEqual([['a."b.c"', "passed"], ['a."b.c"', "passed"], ['"a.b".c', "failed"], ['"a.b".c', "failed"]]);
  });

  it("compareTables() does not pass over rows that a whole restore has left out", () => {
    const named = (schema: string, name: string, rows = 2): ManifestTable => ({ ...table, schema, name, rows });
    const manifest = manifestOf({ tables: [{ ...table }, named("auth", "some_new_table"), named("auth", "empty", 0), named("auth", "schema_migrations"), named("supabase_migrations", "schema_migrations")] });
    const left = (change: Partial<ProveContext> = {}) => compareTables(contextOf([table], { backup: memoryBackup(memoryStorage(), manifest), ...change }), [measure(0, 1, "3", "5")], [])
      .filter((one) => one.verdict !== "passed").map((one) => [one.check_name, one.subject, one.verdict, one.expected, one.actual]);
    const lost = (subject: string) => ["check_row_counts", subject, "inconclusive", "2 rows", "not restored, see what is not in the target"];
    expect(left({ target: targetInfo({ platformSchemas: ["auth"] }) })).toEqual([lost("auth.some_new_table")]);
    // Without a platform nobody else knows them.
    expect(left()).toEqual([lost("auth.some_new_table"), lost("auth.schema_migrations")]);
    for (const options of [{ ...ALL, only: [{ schema: "a", name: "b" }] }, { ...ALL, dataOnly: true }]) expect(left({ options })).toEqual([]);
    expect(left({ options: { ...ALL, dataOnly: true }, leftOut: [{ reason: "platform", subject: "rows of auth.some_new_table", message: "" }] })).toEqual([lost("auth.some_new_table")]);
    expect(left({ options: { ...ALL, only: [{ schema: "auth", name: "some_new_table" }] } })).toEqual([lost("auth.some_new_table")]);
  });

  it("compareTables() tells rows from contents", () => {
    expect(compare([measure(0, 1, "4", "5")]).map((one) => one.verdict)).toEqual(["failed", "passed"]);
    expect(compare([measure(0, 1, "3", "6")]).map((one) => [one.verdict, one.actual])).toEqual([["passed", "3 rows"], ["failed", "fingerprint 0000000000000006"]]);
  });

  it("compareTables() calls a table inconclusive of which a part was not read, once", () => {
    expect(compare([measure(0, 3, "3", "5")])).toMatchObject([{ check_name: "check_fingerprints", subject: "a.b", verdict: "inconclusive", actual: "1 of 3 parts were read" }]);
    expect(compare([])).toMatchObject([{ verdict: "inconclusive", actual: "0 of 1 parts were read" }]);
    const said = { check_name: "check_fingerprints", subject: "a.b", verdict: "failed" as const, expected: null, actual: null, evidence: {} };
    expect(compare([measure(0, 3, "3", "5")], [said])).toEqual([]);
    // What another check has said of the table answers nothing here.
    expect(compare([], [{ ...said, check_name: "check_indexes" }])).toHaveLength(1);
  });
});
