import { buildFactBase, encodeId, type FactBase } from "@supabase/pg-delta/core";
import { plan } from "@supabase/pg-delta/plan";
import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { orderColumns, splitClauses } from "../../../../functions/_shared/export/order_columns.ts";
import { selectFacts } from "../../../../functions/_shared/export/select_facts.ts";
import { separateKeys } from "../../../../functions/_shared/export/separate_keys.ts";
import { extractFacts } from "../../../../functions/_shared/restore/extract_facts.ts";
import { chooseBefore, isPlainCheck } from "../../../../functions/_shared/restore/split_actions.ts";
import { finishActions } from "../../../../functions/_shared/schema/finish_actions.ts";
import { FURTHER_RULES } from "../../../../functions/_shared/schema/further_rules.ts";
import { AWKWARD_PRELUDE, awkwardTables } from "../../../support/awkward_tables.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

describe("splitClauses()", () => {
  it.each([
    ["", []],
    ["a integer", ["a integer"]],
    ['"a,b" numeric(4,2) DEFAULT 1, c text DEFAULT \'x,\'\'(\'', ['"a,b" numeric(4,2) DEFAULT 1', "c text DEFAULT 'x,''('"]],
    ['"q""," text, b text DEFAULT E\'\\\',\', c integer[] DEFAULT ARRAY[1, 2]', ['"q""," text', "b text DEFAULT E'\\','", "c integer[] DEFAULT ARRAY[1, 2]"]],
    ["a text DEFAULT 'E\\', CONSTRAINT c CHECK ((a = ANY (ARRAY['x', 'y'])))", ["a text DEFAULT 'E\\'", "CONSTRAINT c CHECK ((a = ANY (ARRAY['x', 'y'])))"]],
  ])("splitClauses() splits %s", (list, clauses) => expect(splitClauses(list)).toEqual(clauses));
});

const SOURCE = `
  create schema shop;
  create type shop.mood as enum ('a'); create domain shop.amount as integer check (value > 0);
  create function shop.code(integer default 1) returns text language sql immutable set search_path = '' as 'select $1::text';
  create unlogged table shop.first (code text not null default shop.code(), mood shop.mood default 'a', plain integer default 7, gen text generated always as (shop.code(plain)) stored,
    price shop.amount check (price < 100), note text default 'x, (y', check (length(note) < 9));
  create table shop.second (mood shop.mood, z integer, a integer);
  create function shop.label(shop.second) returns text language sql immutable set search_path = '' as 'select $1.z::text';
  alter table shop.second add b integer, add l text generated always as (a::text) stored, add c shop.mood, add d integer;
  create table shop.child (own shop.mood, z2 integer) inherits (shop.second);
  create table shop.third (z integer, a text);
  create function shop.no_third() returns shop.third language sql immutable set search_path = '' as 'select null::shop.third';
  alter table shop.third add c boolean generated always as (shop.no_third() is null) stored, add "d, e" integer not null default 3, add mood shop.mood default 'a', add f numeric;
  create table shop.late (price shop.amount, twice integer generated always as (price * 2) stored, k numeric default 3, note text, constraint low check (k > 0), constraint short check (length(note) < 9));
  create table shop.parts (mood shop.mood, k integer, price shop.amount default 5) partition by list (k);
  create table shop.part_1 partition of shop.parts for values in (1);`;

/** What names a column that can only be made after another one: a check, the condition of an exclusion constraint, a child. */
const LATE = [
  "create table shop.t (gone integer, mood shop.mood, z integer)",
  "create function shop.no_t() returns shop.t language sql immutable set search_path = '' as 'select null::shop.t'",
  "alter table shop.t add l boolean generated always as (shop.no_t() is null) stored, add k integer, drop column gone",
  "alter table shop.t add check (k > 0 or mood is not null)",
  "alter table shop.t add constraint twice unique (z), add primary key (z)",
  "create table shop.t_child (own shop.mood, n integer) inherits (shop.t)", "create table shop.t_grandchild (last integer) inherits (shop.t_child)",
  'create table shop.o ("f g" integer, "a" integer)', "create function shop.\"o row\"() returns shop.o language sql immutable set search_path = '' as 'select null::shop.o'",
  'alter table shop.o add "z" boolean generated always as (shop."o row"() is null and "f g" > 0) stored', 'alter table shop.o add "d (e" integer',
  'alter table shop.o add constraint "c0, (x" exclude using btree ("f g" with =) where ("d (e" is not null)',
];

describe("orderColumns()", () => {
  let database: TestDatabase;
  let client: pg.Client;
  let facts: FactBase;
  beforeAll(async () => {
    database = await createTestDatabase();
    client = await connect(database.url, { applicationName: "holdfast test" });
    await client.query(SOURCE);
    facts = selectFacts(await extractFacts(client), new Set(["shop"]));
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });
  const columns = async () => (await client.query(
    `select c.relname, array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), '') order by a.attnum) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     where c.relnamespace = 'shop'::regnamespace and c.relkind in ('r', 'p') group by 1 order by 1`)).rows;
  const checks = async () => (await client.query("select conrelid::regclass::text as table, conname, pg_get_constraintdef(oid) as def from pg_constraint where connamespace = 'shop'::regnamespace order by 1, 2")).rows;
  const plainPlan = () => plan(buildFactBase([], [], "snapshot"), facts, { scope: "database", assumedRoles: facts.facts().flatMap(({ id }) => (id.kind === "role" ? [id.name] : [])), assumedSchemas: ["pg_catalog"] }).actions;

  it("orderColumns() makes tables whose columns are in the order of the source, whatever they need", async () => {
    const before = [await columns(), await checks()];
    const actions = orderColumns(plainPlan(), facts).filter(({ sql }) => !/^CREATE (SCHEMA "?(public|extensions)|EXTENSION)/.test(sql));
    await client.query("begin; drop schema shop cascade; set local search_path = pg_catalog; set local check_function_bodies = off");
    try {
      for (const { sql } of actions) if (sql.includes('"shop"') || sql.includes("shop.")) await client.query(sql);
      expect([await columns(), await checks()]).toEqual(before);
    } finally {
      await client.query("rollback");
    }
  });

  it("orderColumns() keeps all other statements, and a plan without such columns as it is", () => {
    const actions = plainPlan();
    const kept = (list: typeof actions) => list.map(({ sql }) => sql).filter((sql) => !/^(CREATE (UNLOGGED )?TABLE|ALTER TABLE .* (ADD COLUMN|ALTER COLUMN|ADD CONSTRAINT "(low|short)"))/.test(sql)).sort();
    expect(kept(orderColumns(actions, facts))).toEqual(kept(actions));
    const others = actions.filter(({ sql }) => !sql.includes("ADD COLUMN"));
    expect(orderColumns(others, facts)).toEqual(others);
  });

  const shape = async () => (await client.query(
    `select c.relname, c.relpersistence, array_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attcollation::regcollation, pg_get_expr(d.adbin, d.adrelid)) order by a.attnum) as columns
     from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     where c.relnamespace = 'shop'::regnamespace and c.relkind in ('r', 'p') group by 1, 2 order by 1`)).rows;

  /** Statements as they come in schema.sql, or in a restore: keys after the rows. */
  const statementsFor = (source: FactBase, isRestore: boolean): string[] => {
    const exclude = new Set(source.facts().filter(({ id }) => id.kind === "constraint" && !isPlainCheck(source, id)).map(({ id }) => encodeId(id)));
    const { actions: planned } = plan(buildFactBase([], [], "snapshot"), source, {
      scope: "database", assumedRoles: source.facts().flatMap(({ id }) => (id.kind === "role" ? [id.name] : [])), assumedSchemas: ["pg_catalog"],
      intentRules: FURTHER_RULES, ...(isRestore ? { foldConstraints: { exclude } } : {}) });
    const actions = finishActions(separateKeys(orderColumns(planned, source)), source);
    const before = isRestore ? chooseBefore(actions, source) : new Set<number>();
    return [...actions.filter((_, at) => before.has(at)), ...actions.filter((_, at) => !before.has(at))].map(({ sql }) => sql).filter((sql) => /\bshop\b/.test(sql));
  };

  it("orderColumns() makes awkward tables as they are in the source", async () => {
    // HOLDFAST_AWKWARD_TABLES=300 looks at as many others.
    const runs = process.env["HOLDFAST_AWKWARD_TABLES"];
    await fc.assert(fc.asyncProperty(awkwardTables, fc.boolean(), async (statements, isRestore) => {
      await client.query(`drop schema if exists shop cascade; ${AWKWARD_PRELUDE}`);
      for (const sql of statements) await client.query(sql).catch(() => undefined);
      const before = [await shape(), await checks()];
      const made = statementsFor(selectFacts(await extractFacts(client), new Set(["shop"])), isRestore);
      await client.query("drop schema shop cascade; begin; set local search_path = pg_catalog; set local check_function_bodies = off");
      try {
        for (const sql of made) await client.query(sql).catch((cause: unknown) => Promise.reject(new Error(sql, { cause })));
        expect([await shape(), await checks()]).toEqual(before);
      } finally {
        await client.query("rollback");
      }
    }), { ...(runs === undefined ? { seed: 15 } : {}), numRuns: Number(runs ?? 10), endOnFailure: true, examples: [[LATE, true], [LATE, false]] });
  });

  it("orderColumns() gives up an order that cannot be, and makes the columns all the same", async () => {
    await client.query(`drop schema if exists shop cascade; ${AWKWARD_PRELUDE}
      create table shop.g (a integer, g integer generated always as (a * 2) stored);
      create function shop.no_g() returns shop.g language sql immutable set search_path = '' as 'select null::shop.g';
      alter table shop.g add l boolean generated always as (shop.no_g() is null) stored, add z integer, add y integer`);
    // Servers before 17 cannot have these.
    for (const sql of ["add x integer generated always as (y + 1) stored", "alter column g set expression as (z * 2)"]) await client.query(`alter table shop.g ${sql}`).catch(() => undefined);
    const sorted = async () => (await shape()).map((one: { columns: string[] }) => [...one.columns].sort());
    const before = await sorted();
    const made = statementsFor(selectFacts(await extractFacts(client), new Set(["shop"])), true);
    await client.query("drop schema shop cascade; begin; set local search_path = pg_catalog; set local check_function_bodies = off");
    try {
      for (const sql of made) await client.query(sql);
      expect(await sorted()).toEqual(before);
    } finally {
      await client.query("rollback");
    }
  });
});
