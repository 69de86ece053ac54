import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { type ProveContext, runStep } from "../../../../functions/_shared/prove/proof_step.ts";
import { viewSteps } from "../../../../functions/_shared/prove/view_steps.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { targetInfo } from "../../../support/facts.ts";
import { manifestOf, memoryBackup, memoryStorage } from "../../../support/memory_backup.ts";

const ALL = { only: null, dataOnly: false, schemaOnly: false };
const table = (schema: string) => ({ schema, name: "items", columns: [], fingerprint: "0".repeat(16), fingerprint_expression: "", rows: 0, raw_bytes: 0, stored_bytes: 0, chunks: [] });
const backup = memoryBackup(memoryStorage(), manifestOf({ tables: [table("shop")], excluded: [{ schema: "only_views", name: "Odd \"view\"", reason: "refreshed on restore" }] }));

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  client = await connect(database.url, { applicationName: "holdfast test" });
  await client.query(`create schema shop; create schema only_views; create schema elsewhere;
    create table shop.items (n integer, price numeric); insert into shop.items select g, g * 1.5 from generate_series(1, 50) g;
    create materialized view shop.fresh as select n, price from shop.items;
    create materialized view shop.never_filled as select n from shop.items with no data;
    create materialized view shop.stale as select n, price from shop.items where n < 100;
    create materialized view shop.by_the_clock as select clock_timestamp() as at, n from shop.items;
    create materialized view shop.same_number as select max(price) as price from shop.items where n <> 7;
    create materialized view only_views."Odd ""view""" as select n as "N", price as "Price, net" from shop.items;
    create materialized view shop.no_columns as select from shop.items where n < 40; create materialized view shop.no_columns_fresh as select from shop.items;
    create materialized view elsewhere.not_of_the_backup as select 1 as n;
    create function shop.answer() returns integer language sql as 'select 1'; create materialized view shop.failing as select shop.answer() as n;
    create or replace function shop.answer() returns integer language sql as 'select 1 / count(*)::integer from shop.items where n = -1';
    update shop.items set n = 39 where n = 40; update shop.items set price = 0 where n = 50; refresh materialized view shop.fresh; refresh materialized view only_views."Odd ""view"""`);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const contextOf = (options: Partial<ProveContext["options"]> = {}): ProveContext => ({ backup, target: targetInfo(), tables: [], leftOut: [], options: { ...ALL, ...options } });
const steps = (options?: Partial<ProveContext["options"]>) => viewSteps(client, contextOf(options));
async function answer(id: string): Promise<unknown> {
  const step = (await steps()).find((one) => one.id === id);
  if (step === undefined) throw new Error(`There is no step ${id}`);
  const { findings: [found, ...others] } = await runStep(client, step);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ check_name: "check_materialized_views", subject: id.slice("view:".length), expected: "it holds what its query returns" });
  return { verdict: found?.verdict, actual: found?.actual };
}

describe("viewSteps()", () => {
  it("viewSteps() has one step for each materialized view in a schema of the backup, also of one that has only views", async () => {
    expect((await steps()).map((one) => one.id)).toEqual(['view:only_views."Odd ""view"""', "view:shop.by_the_clock", "view:shop.failing", "view:shop.fresh", "view:shop.never_filled", "view:shop.no_columns", "view:shop.no_columns_fresh", "view:shop.same_number", "view:shop.stale"]);
    expect((await steps())[0]?.weight).toBeGreaterThan(1024 * 1024);
  });

  it("viewSteps() looks at what was asked for, and at none where no view was restored", async () => {
    expect((await steps({ only: [{ schema: "shop", name: "fresh" }] })).map((one) => one.id)).toEqual(["view:shop.fresh"]);
    expect((await steps({ only: [{ schema: "only_views", name: null }] })).map((one) => one.id)).toHaveLength(1);
    expect(await steps({ schemaOnly: true })).toEqual([]);
    expect(await steps({ dataOnly: true })).toEqual([]);
  });

  it.each(["view:shop.fresh", "view:shop.no_columns_fresh", 'view:only_views."Odd ""view"""'])("viewSteps() passes a view that holds what its query returns: %s", async (id) => {
    expect(await answer(id)).toEqual({ verdict: "passed", actual: "it holds what its query returns" });
  });

  it.each([["view:shop.stale", 50], ["view:shop.same_number", 1]])("viewSteps() notices rows of the past, as many as there should be: %s", async (id, rows) => {
    expect(await answer(id)).toEqual({ verdict: "failed", actual: `${rows} rows instead of ${rows}, or other ones` });
  });

  it("viewSteps() notices another number of rows", async () => {
    await client.query("insert into shop.items values (51, 1), (52, 1)");
    expect(await answer("view:shop.fresh")).toEqual({ verdict: "failed", actual: "50 rows instead of 52, or other ones" });
    await client.query("delete from shop.items where n > 50");
    // Rows of nothing can only be counted.
    expect(await answer("view:shop.no_columns")).toEqual({ verdict: "failed", actual: "39 rows instead of 40, or other ones" });
    expect(await answer("view:shop.fresh")).toMatchObject({ verdict: "passed" });
  });

  it("viewSteps() notices one that was never filled", async () => {
    expect(await answer("view:shop.never_filled")).toEqual({ verdict: "failed", actual: "it was never filled" });
  });

  it("viewSteps() has nothing to compare a view with whose query answers differently each time", async () => {
    expect(await answer("view:shop.by_the_clock")).toEqual({ verdict: "skipped", actual: "its query answers differently each time" });
  });

  it("viewSteps() says that the role may not look, or that the query fails: inconclusive", async () => {
    const found = await steps({ only: [{ schema: "shop", name: "fresh" }] });
    await client.query("grant usage on schema backup, shop to authenticated; grant execute on function backup.fingerprint_expression(oid) to authenticated; set role authenticated");
    const refused = await Promise.all(found.map((one) => runStep(client, one)));
    await client.query("reset role");
    expect(refused[0]?.findings).toMatchObject([{ subject: "shop.fresh", verdict: "inconclusive", actual: "the role may not look (42501)" }]);
    expect(await answer("view:shop.failing")).toEqual({ verdict: "inconclusive", actual: "error 22012" });
  });

  it("viewSteps() leaves nothing behind, and the session as it was", async () => {
    await answer("view:shop.fresh");
    expect((await client.query("select now() = statement_timestamp() as idle")).rows).toEqual([{ idle: true }]);
  });
});
