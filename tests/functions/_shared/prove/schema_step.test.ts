import { buildFactBase, deserializeSnapshot, serializeSnapshot, type StableId } from "@supabase/pg-delta/core";
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { type ProveContext, runStep, type StepResult } from "../../../../functions/_shared/prove/proof_step.ts";
import { schemaStep } from "../../../../functions/_shared/prove/schema_step.ts";
import { readContent } from "../../../../functions/_shared/restore/read_object.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { depends, schema } from "../../../support/facts.ts";
import { proveContextOf, writeBackup, type WrittenBackup } from "../../../support/written_backup.ts";

const PAID = "create view shop.paid with (security_invoker = true) as select id, amount from shop.orders where state = 'paid'; comment on view shop.paid is 'What is paid.'; grant select on shop.paid to authenticated";
const FRESH = "create or replace view shop.fresh with (security_invoker = true) as select id, amount from shop.orders where state = 'new'";
const TOTAL = "create or replace function shop.total() returns numeric language sql stable set search_path = '' as 'select sum(amount) from shop.orders'";
const SQL = `
  create schema shop; grant usage on schema shop to authenticated;
  create type shop.state as enum ('new', 'paid');
  create table shop.customers (id integer primary key, email text not null constraint customers_email_key unique);
  create table shop.orders (id integer primary key, customer integer not null constraint orders_customer_fkey references shop.customers, state shop.state default 'new', amount numeric constraint amount_positive check (amount > 0));
  create index orders_customer on shop.orders (customer); create index orders_amount on shop.orders (amount); ${PAID};
  ${FRESH}; comment on view shop.fresh is 'What is new.'; grant select on shop.fresh to authenticated; ${TOTAL}; comment on function shop.total() is 'All of it.';
  alter table shop.orders enable row level security; create policy own on shop.orders for select to authenticated using (id = 1);
  create materialized view shop.counts as select count(*) as n from shop.orders`;

let database: TestDatabase;
let client: Client;
let admin: Client;
let written: WrittenBackup;
beforeAll(async () => {
  database = await createTestDatabase();
  client = await connect(database.url, { applicationName: "holdfast test" });
  admin = await connect(database.adminUrl, { applicationName: "holdfast test" });
  await client.query(SQL);
  written = await writeBackup(client, ["shop"]);
});
afterAll(async () => {
  await client.end();
  await admin.end();
  await database.drop();
});

async function run(change: Partial<ProveContext> = {}): Promise<StepResult> {
  return runStep(client, schemaStep(await proveContextOf(client, written.backup, change)));
}
const failed = (result: StepResult) => result.findings.filter((one) => one.verdict === "failed").map((one) => [one.check_name, one.subject, one.actual]);
async function after(damage: string, undo: string, of = client): Promise<unknown[]> {
  await of.query(damage);
  try {
    return failed(await run());
  } finally {
    await of.query(undo);
  }
}

describe("schemaStep()", () => {
  it("schemaStep() passes a target to which nothing is left to do, and says what it has compared", async () => {
    const { findings, left_out } = await run();
    expect(findings.map((one) => [one.check_name, one.subject, one.verdict])).toEqual([["check_schema", "schema", "passed"], ["check_access", "roles", "skipped"], ["check_access", "rights", "passed"]]);
    expect(findings[0]).toMatchObject({ expected: "nothing is left to do", actual: "nothing is left to do", evidence: { objects: expect.any(Number), left_out: left_out.length } });
    expect(Number(findings[0]?.evidence["objects"])).toBeGreaterThan(15);
  });

  it("schemaStep() tells of columns in another order, and passes", async () => {
    const key = "alter table shop.orders add constraint orders_customer_fkey foreign key (customer) references shop.customers";
    await client.query(`alter table shop.orders drop constraint orders_customer_fkey; alter table shop.customers drop id, add id integer primary key; ${key}`);
    try {
      const { findings } = await run();
      expect(findings.filter(({ actual }) => actual?.includes("order") === true)).toMatchObject([{ subject: "table shop.customers", verdict: "skipped", actual: 'columns in the order "email", "id"' }]);
      expect(findings.filter(({ verdict }) => verdict === "failed")).toEqual([]);
    } finally {
      await client.query("alter table shop.customers drop email, add email text not null constraint customers_email_key unique");
    }
  });

  it("schemaStep() names every object that is missing, different or too many, and not what only hangs on one", async () => {
    const damages: [string, string, unknown[]][] = [
      ["drop index shop.orders_customer", "create index orders_customer on shop.orders (customer)", ["index shop.orders_customer", "it is missing"]],
      ["drop index shop.orders_amount; create index orders_amount on shop.orders (amount, id)", "drop index shop.orders_amount; create index orders_amount on shop.orders (amount)", ["index shop.orders_amount", "it is different"]],
      ["alter table shop.orders drop constraint amount_positive", "alter table shop.orders add constraint amount_positive check (amount > 0)", ["constraint amount_positive of shop.orders", "it is missing"]],
      ["alter table shop.customers add constraint small check (id < 9)", "alter table shop.customers drop constraint small", ["constraint small of shop.customers", "the backup does not have it"]],
      ["alter table shop.orders alter state set default 'paid'", "alter table shop.orders alter state set default 'new'", ["default state of shop.orders", "it is different"]],
      ["alter table shop.orders alter customer drop not null", "alter table shop.orders alter customer set not null", ["column customer of shop.orders", "it is different"]],
      [TOTAL.replace("sum(amount) from shop.orders", "1.0"), TOTAL, ["function shop.total()", "it is different"]],
      ["comment on function shop.total() is null", "comment on function shop.total() is 'All of it.'", ["comment on function shop.total()", "it is missing"]],
      // Rights and comments go with a view, and come back with it.
      ["drop view shop.paid", PAID, ["view shop.paid", "it is missing"]], [FRESH.replace(" where state = 'new'", ""), FRESH, ["view shop.fresh", "it is different"]],
    ];
    const found = await after(damages.map(([damage]) => damage).join("; "), damages.map(([, undo]) => undo).join("; "));
    expect(found.sort()).toEqual(damages.map(([, , [subject, actual]]) => ["check_schema", subject, actual]).sort());
    expect(failed(await run())).toEqual([]);
  });

  it("schemaStep() notices what is more open than in the source, and what hides less", async () => {
    expect(await after("create policy everybody on shop.orders for select using (true); alter table shop.orders disable row level security", "drop policy everybody on shop.orders; alter table shop.orders enable row level security")).toEqual([
      ["check_schema", "policy everybody of shop.orders", "the backup does not have it"], ["check_schema", "table shop.orders", "it is different"],
      ["check_access", "table shop.orders", "row security is off"], ["check_access", "policy everybody of shop.orders", "a policy lets rows through"]]);
  });

  it("schemaStep() notices a foreign key and a key that are there and not in force, and has nothing against the target's own", async () => {
    await client.query("create table shop.of_the_target (n integer primary key, m integer references shop.customers)");
    const valid = (value: boolean) => `update pg_index set indisvalid = ${value} where indexrelid = 'shop.customers_email_key'::regclass`;
    expect(await after(`alter table shop.orders disable trigger all; alter table shop.of_the_target disable trigger all; ${valid(false)}`, `alter table shop.orders enable trigger all; ${valid(true)}; drop table shop.of_the_target`, admin)).toEqual([
      ["check_schema", "constraint customers_email_key of shop.customers", "its index is not valid"], ["check_schema", "constraint orders_customer_fkey of shop.orders", "its triggers are disabled"]]);
  });

  it("schemaStep() names at most 200 objects one by one, and says how many there are besides", async () => {
    const names = Array.from({ length: 230 }, (_, at) => `shop.many_${at}`);
    await client.query(names.map((one) => `create domain ${one} as integer`).join("; "));
    const { backup } = await writeBackup(client, ["shop"]);
    await client.query(names.map((one) => `drop domain ${one}`).join("; "));
    const found = failed(await run({ backup }));
    expect(found).toHaveLength(201);
    expect(found.at(-1)).toEqual(["check_schema", "further objects", "30 more are missing or different"]);
  });

  it("schemaStep() notices a table that was cut out of the manifest, unless that says why", async () => {
    const without = { ...written.backup, manifest: { ...written.backup.manifest, tables: written.backup.manifest.tables.filter((one) => one.name !== "orders") } };
    expect(failed(await run({ backup: without }))).toEqual([["check_object_checksums", "shop.orders", "the manifest does not mention it"]]);
    const explained = { ...without, manifest: { ...without.manifest, excluded: [{ schema: "shop", name: "orders", reason: "not_wanted" }] } };
    expect(failed(await run({ backup: explained }))).toEqual([]);
  });

  it("schemaStep() lists what the target cannot have, and does not miss it", async () => {
    const target = { ...(await proveContextOf(client, written.backup)).target, roles: new Map([["postgres", { isMember: true }]]) };
    const { findings, left_out } = await run({ target });
    expect(left_out).toContainEqual(expect.objectContaining({ reason: "role", subject: "policy own of shop.orders" }));
    expect(findings.filter((one) => one.check_name === "check_schema" && /policy/.test(one.subject))).toMatchObject([{ actual: "the backup does not have it" }]);
  });

  it("schemaStep() looks at a part where a part was restored, and not at all where only rows were", async () => {
    const options = { only: [{ schema: "shop", name: "customers" }], dataOnly: false, schemaOnly: false };
    await client.query("drop index shop.orders_customer; alter table shop.customers drop constraint customers_email_key");
    expect(failed(await run({ options }))).toEqual([["check_schema", "constraint customers_email_key of shop.customers", "it is missing"]]);
    expect((await run({ options: { only: null, dataOnly: true, schemaOnly: false } })).findings).toMatchObject([{ check_name: "check_schema", subject: "schema", verdict: "skipped", actual: "only rows were restored" }]);
    await client.query("create index orders_customer on shop.orders (customer); alter table shop.customers add constraint customers_email_key unique (email)");
  });

  it("schemaStep() names a schema.json that is damaged, and calls the comparison inconclusive", async () => {
    const [found, other] = (await run({ backup: { ...written.backup, manifest: { ...written.backup.manifest, objects: [] } } })).findings;
    expect(found).toMatchObject({ check_name: "check_object_checksums", verdict: "failed", actual: expect.stringContaining("schema.json") });
    expect(other).toMatchObject({ check_name: "check_schema", subject: "schema", verdict: "inconclusive" });
  });

  it("schemaStep() names what is missing also where no way leads to it", async () => {
    const { factBase } = deserializeSnapshot(await readContent(written.backup, "schema.json"));
    const view = (name: string): StableId => ({ kind: "view", schema: "shop", name });
    const views = ["a", "b"].map((name) => ({ id: view(name), payload: { def: "SELECT 1 AS n", reloptions: [] }, parent: schema("shop") }));
    const tangled = buildFactBase([...factBase.facts(), ...views], [...factBase.edges, depends(view("a"), view("b")), depends(view("b"), view("a"))], "liveDb");
    const backup = await written.put("schema.json", serializeSnapshot(tangled, { pgVersion: "17" }));
    const role = `holdfast_other_${process.pid}`;
    await admin.query(`create role ${role}; comment on role ${role} is 'x'`);
    const result = await run({ backup }).finally(() => admin.query(`drop role ${role}`));
    expect(failed(result), "nobody's business is a role of the server").toEqual([["check_schema", "view shop.a", "it is missing"], ["check_schema", "view shop.b", "it is missing"]]);
  });
});
