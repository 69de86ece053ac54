import type { Client } from "pg";
import type { StableId } from "@supabase/pg-delta/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { respellViews } from "../../../../functions/_shared/restore/respell_views.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { fact, facts, table } from "../../../support/facts.ts";

const view = (name: string): StableId => ({ kind: "view", schema: "public", name });
const of = (defs: Record<string, string>) => facts(Object.entries(defs).map(([name, def]) => fact(view(name), { def })));
const def = (base: ReturnType<typeof of>, name: string) => base.get(view(name))?.payload["def"];

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = await connect(database.url, { applicationName: "holdfast test" });
  await client.query("create table public.a (id integer, name text); create view public.v as select id from public.a");
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

describe("respellViews()", () => {
  it("respellViews() lets the server print what the backup spells otherwise, and leaves nothing behind", async () => {
    await client.query("set search_path = pg_catalog");
    const { rows: [row] } = await client.query<{ def: string }>("select pg_get_viewdef('public.v'::regclass) as def");
    const current = of({ v: row?.def ?? "" });
    const desired = of({ v: "SELECT   a.id FROM public.a" });
    const respelled = await respellViews(client, current, desired);
    expect(def(respelled, "v")).toBe(row?.def);
    expect((await client.query("select from pg_class c where c.relname = 'holdfast_spelling'")).rows).toEqual([]);
    // The transaction is over: a new one can begin.
    expect((await client.query("select now() = statement_timestamp() as own")).rows).toEqual([{ own: true }]);
  });

  it("respellViews() leaves a query the server does not accept, goes on to the next, and other facts, as they are", async () => {
    const desired = of({ bad: "SELECT nothing FROM public.gone", v: "select id from public.a where (true)" });
    const respelled = await respellViews(client, of({ bad: "x", v: "y" }), desired);
    expect(def(respelled, "bad")).toBe("SELECT nothing FROM public.gone");
    expect(def(respelled, "v")).toMatch(/WHERE true/);
  });

  it("respellViews() lets the server print a rule that the backup spells otherwise, and leaves the rule that is there", async () => {
    const id = { kind: "rule", schema: "public", table: "a", name: "Log" } as const;
    await client.query("create table public.log (id integer); create rule \"Log\" as on insert to public.a do also insert into public.log select x.id from public.a x where x.id > 5");
    await client.query("set search_path = pg_catalog");
    const print = async () => (await client.query<{ def: string }>("select pg_get_ruledef(oid) as def from pg_rewrite where rulename = 'Log'")).rows[0]?.def ?? "";
    const printed = await print();
    const desired = facts([fact(id, { def: 'CREATE RULE "Log" AS ON INSERT TO public.a DO INSERT INTO public.log SELECT x.id FROM public.a x WHERE ((x.id) > (5))' })]);
    expect((await respellViews(client, facts([fact(id, { def: printed })]), desired)).get(id)?.payload["def"]).toBe(printed);
    const other = facts([fact(id, { def: 'CREATE RULE "Log" AS ON INSERT TO public.a DO NOTHING' })]);
    expect((await respellViews(client, facts([fact(id, { def: printed })]), other)).get(id)?.payload["def"]).not.toBe(printed);
    expect(await print()).toBe(printed);
  });

  it("respellViews() runs nothing behind a definition, which could end the transaction", async () => {
    const desired = of({ v: "select 1 as id; commit; create table public.planted (); begin; savepoint spelling" });
    const respelled = await respellViews(client, of({ v: "y" }), desired);
    expect(def(respelled, "v")).toBe(def(desired, "v"));
    expect((await client.query("select to_regclass('public.planted') as planted")).rows).toEqual([{ planted: null }]);
    expect((await client.query("select now() = statement_timestamp() as own")).rows).toEqual([{ own: true }]);
  });

  it("respellViews() asks nothing for views that are equal or missing, or are no views", async () => {
    const silent = { query: () => Promise.reject(new Error("asked")) } as unknown as Client;
    const desired = facts([fact(view("v"), { def: "one" }), fact(view("new"), { def: "two" }), fact(table("t"), { def: "three" })]);
    expect(await respellViews(silent, facts([fact(view("v"), { def: "one" }), fact(table("t"), { def: "other" })]), desired)).toBe(desired);
  });

  it("respellViews() throws when the connection is lost, and does not call that a difference", async () => {
    const lost = { query: (sql: unknown) => (typeof sql === "object" ? Promise.reject(new Error("Connection terminated")) : Promise.resolve({ rows: [] })) } as unknown as Client;
    await expect(respellViews(lost, of({ v: "one" }), of({ v: "two" }))).rejects.toThrow("Connection terminated");
  });
});
