import type { StableId } from "@supabase/pg-delta/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyAfter, applyBefore } from "../../../../functions/_shared/restore/apply_actions.ts";
import { planSchema, readSchema, type SchemaPlan } from "../../../../functions/_shared/restore/plan_schema.ts";
import type { LeftOut } from "../../../../functions/_shared/restore/restore_context.ts";
import { manifestOf, memoryBackup, memoryStorage, store } from "../../../support/memory_backup.ts";
import { depends, fact, facts, schema } from "../../../support/facts.ts";
import { createRestorePair, names, type RestorePair } from "../../../support/restore_pair.ts";

const SOURCE = `
  create schema shop;
  create function shop.slug(p_text text) returns text language sql immutable set search_path = '' as $f$ select lower(p_text) $f$;
  create domain shop.amount as numeric check (value > 0);
  create table shop.items (id bigint generated always as identity primary key, name text not null unique, slug text generated always as (shop.slug(name)) stored,
    price shop.amount default 1, check (length(name) < 99), constraint fresh check (name <> now()::text), constraint slugged check (shop.slug(name) <> 'x'));
  create table shop.lines (item_id bigint references shop.items);
  create index on shop.lines (item_id);
  create view shop.per_item as select i.id, i.name, count(*) from shop.items i group by i.id;
  create function shop.counts() returns setof shop.per_item language sql begin atomic; select * from shop.per_item; end;
  create view shop.unused as select 1 as one;
  create materialized view shop.totals as select count(*) from shop.items;
  create function shop.pass() returns trigger language plpgsql as $f$ begin return new; end $f$;
  create trigger pass before insert on shop.items for each row execute function shop.pass();
  create trigger on_user after insert on auth.users for each row execute function shop.pass();
  alter table shop.items enable row level security; alter table shop.items force row level security;
  create policy own on shop.items to authenticated using (true);
  grant select on shop.items to anon; revoke all on shop.items from service_role;
  create publication feed for table shop.items; comment on table shop.items is 'c';`;

describe("planSchema()", () => {
  let pair: RestorePair;
  let plan: SchemaPlan;
  beforeAll(async () => {
    pair = await createRestorePair();
    // Triggers on auth.users take the ownership that supautils lends.
    const admin = await createAdmin(pair);
    await admin.query("grant trigger on auth.users to postgres");
    await pair.source.query(SOURCE);
    plan = await pair.plan();
  });
  afterAll(() => pair.close());
  const before = () => names(plan.before);
  const after = () => names(plan.after);

  it("planSchema() puts what rows need before them: types, functions, tables, row security and rights", () => {
    expect(before()).toEqual(expect.arrayContaining(["create schema shop", "create function shop.slug(text)", "create domain shop.amount", "create table shop.items", "create table shop.lines"]));
    expect(plan.before.some(({ sql }) => /ENABLE ROW LEVEL SECURITY/.test(sql))).toBe(true);
    expect(plan.before.some(({ sql }) => /^GRANT SELECT ON TABLE "shop"."items" TO .*"anon"/.test(sql))).toBe(true);
  });

  it("planSchema() leaves the rest for after them", () => {
    expect(after()).toEqual(expect.arrayContaining(["create constraint items_name_key of shop.items", "create constraint lines_item_id_fkey of shop.lines", "create index shop.lines_item_id_idx",
      "create trigger pass of shop.items", "create trigger on_user of auth.users", "create policy own of shop.items", "create materialized view shop.totals", "create view shop.unused",
      "create publication feed", "create comment on table shop.items"]));
    expect(plan.after.some(({ sql }) => /FORCE ROW LEVEL SECURITY/.test(sql))).toBe(true);
  });

  it("planSchema() checks rows on arrival only where a check looks at nothing but the row", () => {
    const create = plan.before.find(({ name }) => name === "table shop.items")?.sql ?? "";
    expect(create).toMatch(/length\(name\) < 99/);
    expect(after()).toEqual(expect.arrayContaining(["create constraint fresh of shop.items", "create constraint slugged of shop.items"]));
  });

  it("planSchema() pulls a view forward for a function that returns its rows, and a primary key for the view", () => {
    const order = ["create table shop.items", "create constraint items_pkey of shop.items", "create view shop.per_item", "create function shop.counts()"].map((name) => before().indexOf(name));
    expect(order.every((at) => at >= 0)).toBe(true);
    expect([...order].sort((a, b) => a - b)).toEqual(order);
    expect(after()).not.toContain("create view shop.per_item");
  });

  it("planSchema() makes nothing in schemas of the platform but the project's triggers and policies", () => {
    expect([...before(), ...after()].filter((name) => /\b(auth|storage)\./.test(name))).toEqual(["create trigger on_user of auth.users"]);
  });

  it("planSchema() has nothing to do for a database that has everything", async () => {
    const same = await planSchema(pair.source, pair.backup, await pair.schema(), await pair.inspect(), { only: null });
    expect([same.before, same.after, same.leftOut]).toEqual([[], [], []]);
  });

  it("planSchema() drops nothing the target has beyond the backup", async () => {
    await pair.target.query("create schema mine; create table mine.own (id int); create table public.also (id int)");
    const { before, after } = await pair.plan();
    expect([...before, ...after].filter(({ verb }) => verb === "drop")).toEqual([]);
    await pair.target.query("drop schema mine cascade; drop table public.also");
  });

  it("planSchema() refuses with HF502 what it would have to replace", async () => {
    await pair.target.query("create schema shop; create table shop.items (id bigint generated always as identity, name text not null, slug text, price numeric)");
    await expect(pair.plan()).rejects.toMatchObject({ code: "HF502", detail: expect.stringContaining("slug") });
    await pair.target.query("drop schema shop cascade");
  });

  it("planSchema() says with HF504 that there is no way to a schema whose views need each other, and shows no statement", async () => {
    const view = (name: string): StableId => ({ kind: "view", schema: "shop", name });
    const views = [fact(schema("shop")), ...["a", "b"].map((name) => fact(view(name), { def: "SELECT 'pa55word'::text AS x", reloptions: [] }, schema("shop")))];
    const error: unknown = await planSchema(pair.target, pair.backup, facts(views, [depends(view("a"), view("b")), depends(view("b"), view("a"))]), await pair.inspect(), { only: null }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "HF504", message: expect.stringContaining("no way"), detail: expect.stringContaining("dependency cycle among 2 actions"), hint: expect.any(String) });
    expect(JSON.stringify(error)).not.toContain("pa55word");
  });

  it("planSchema() leaves out objects of an extension the target cannot have, and says so", async () => {
    await pair.source.query("create extension citext with schema extensions; create table shop.mails (address extensions.citext primary key, n integer)");
    const { before, leftOut } = await pair.plan({}, { creatableExtensions: new Set() });
    expect(leftOut).toEqual(expect.arrayContaining([expect.objectContaining({ reason: "extension", subject: "extension citext" })]));
    expect(names(before)).toContain("create table shop.mails");
    expect(before.find(({ name }) => name === "table shop.mails")?.sql).not.toContain("address");
    await pair.source.query("drop table shop.mails; drop extension citext");
  });

  it("planSchema() hands tables to owners who may have them by then, and takes no right from whoever still has to fill them", async () => {
    // Default rights of the owner make the engine take away what the role of the restore has as the one who made the table.
    await pair.source.query(`create schema handed; grant usage, create on schema handed to anon; alter default privileges for role anon in schema handed grant all on tables to postgres;
      set role anon; create table handed.items (id integer primary key); revoke all on handed.items from postgres; grant select on handed.items to postgres with grant option; reset role;
      create table handed.closed (id integer); revoke insert on handed.closed from postgres`);
    const { before, after } = await pair.plan();
    const leftOut: LeftOut[] = [];
    const hooks = { leftOut, onAction: () => undefined };
    await applyBefore(pair.target, before.filter(({ sql }) => sql.includes('"handed"')), hooks);
    await pair.target.query("insert into handed.items values (1); insert into handed.closed values (1)");
    await applyAfter([pair.target], after.filter(({ sql }) => sql.includes('"handed"')), () => 0, hooks);
    expect(leftOut).toEqual([]);
    const { before: left, after: more } = await pair.plan();
    expect([...left, ...more].filter(({ sql }) => sql.includes('"handed"')).map(({ sql }) => sql)).toEqual([]);
    await pair.source.query("drop schema handed cascade");
    await pair.target.query("drop schema handed cascade; set search_path to default");
  });

  it("planSchema() makes columns in the order of the source also where a default calls a function that the target has", async () => {
    await pair.source.query("create table shop.notes (id bigint generated always as identity, owner uuid default auth.uid(), body text, role text default auth.role(), check (body <> ''))");
    const { before } = await pair.plan();
    const sql = before.find(({ name, verb }) => name === "table shop.notes" && verb === "create")?.sql ?? "";
    expect([...sql.matchAll(/"(id|owner|body|role)" (?:bigint|uuid|text)/g)].map(([, name]) => name)).toEqual(["id", "owner", "body", "role"]);
    await pair.source.query("drop table shop.notes");
  });

  it("planSchema() gives the owner of a table MAINTAIN on a server that has it", async () => {
    const target = await pair.inspect();
    if (target.versionNum < 170_000) return;
    const rights = plan.desired.facts().find(({ id }) => id.kind === "acl" && id.target.kind === "table" && id.target.name === "lines" && id.grantee === "postgres");
    expect(rights?.payload["privileges"]).toContain("MAINTAIN");
  });

  it("planSchema() says of which table a column owns a sequence, as a foreign table may be left out", async () => {
    const other = await createRestorePair("create schema s; create table s.t (id serial)");
    try {
      const { all } = await other.plan();
      expect(all.find(({ sql }) => / OWNED BY /.test(sql))).toMatchObject({ subject: { kind: "sequence", name: "t_id_seq" }, tables: ["s.t"] });
    } finally {
      await other.close();
    }
  });
});

async function createAdmin(pair: RestorePair) {
  const { connect } = await import("../../../../functions/_shared/database/connect.ts");
  const { host, port, database } = pair.source;
  const admin = await connect(`postgresql://supabase_admin:postgres@${host}:${port}/${database ?? ""}`, { applicationName: "holdfast test" });
  return { query: async (text: string) => {
    await admin.query(text);
    await admin.end();
  } };
}

describe("readSchema()", () => {
  it("readSchema() throws HF501 for a schema.json that is none", async () => {
    const storage = memoryStorage();
    const ref = await store(storage, "holdfast/clinic/runs/20261123T205500Z-a1b2c3/", "schema.json.gz", "{}");
    await expect(readSchema(memoryBackup(storage, manifestOf({ objects: [ref] })))).rejects.toMatchObject({ code: "HF501" });
  });
});
