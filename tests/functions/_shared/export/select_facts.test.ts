import type { FactBase, StableId } from "@supabase/pg-delta/core";
import { extract } from "@supabase/pg-delta/extract";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selectFacts } from "../../../../functions/_shared/export/select_facts.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

describe("selectFacts()", () => {
  let database: TestDatabase;
  let all: FactBase;

  beforeAll(async () => {
    database = await createTestDatabase();
    const pool = new pg.Pool({ connectionString: database.adminUrl });
    await pool.query(`
      create schema if not exists extensions; create extension if not exists citext with schema extensions;
      create schema shop; create schema elsewhere;
      create table shop.items (id integer primary key, name extensions.citext); comment on table shop.items is 'c'; grant select on shop.items to anon;
      create table elsewhere.other (id integer); comment on table elsewhere.other is 'c';
      create publication everything for table shop.items`);
    ({ factBase: all } = await extract(pool));
    await pool.end();
  });

  afterAll(async () => {
    await database.drop();
  });

  const text = (id: StableId): string => JSON.stringify(id);

  it("selectFacts() keeps the objects of included schemas with their columns, comments and grants", () => {
    const kept = selectFacts(all, new Set(["shop"])).facts().map(({ id }) => text(id));
    const wanted = all.facts().map(({ id }) => text(id)).filter((id) => id.includes('"shop"'));
    expect(wanted.length).toBeGreaterThan(4);
    expect(kept.filter((id) => id.includes('"shop"')).sort()).toEqual(wanted.sort());
  });

  it("selectFacts() drops every object of other schemas and what hangs below them", () => {
    const kept = selectFacts(all, new Set(["shop"])).facts().map(({ id }) => text(id));
    expect(kept.filter((id) => id.includes('"elsewhere"'))).toEqual([]);
  });

  it("selectFacts() keeps what belongs to the database as a whole", () => {
    const kinds = new Set(selectFacts(all, new Set(["shop"])).facts().map(({ id }) => id.kind));
    expect([...kinds]).toEqual(expect.arrayContaining(["role", "extension", "publication", "schema", "table"]));
  });

  it("selectFacts() drops members of extensions and lets their users depend on the extension", () => {
    const selected = selectFacts(all, new Set(["shop", "extensions"]));
    const members = new Set(all.edges.filter(({ kind }) => kind === "memberOfExtension").map(({ from }) => text(from)));
    expect(members.size).toBeGreaterThan(10);
    expect(selected.facts().filter(({ id }) => members.has(text(id)))).toEqual([]);
    const known = new Set(selected.facts().map(({ id }) => text(id)));
    expect(selected.edges.filter(({ from }) => !known.has(text(from)))).toEqual([]);
    expect(selected.edges.some(({ from, to }) => text(from).includes('"items"') && to.kind === "extension")).toBe(true);
  });

  it("selectFacts() keeps the schema an extension lives in although nothing else of it is wanted", () => {
    const kept = selectFacts(all, new Set(["shop"])).facts().map(({ id }) => id);
    expect(kept.filter(({ kind }) => kind === "schema").map(text)).toEqual(expect.arrayContaining([expect.stringContaining('"extensions"'), expect.stringContaining('"shop"')]));
  });
});
