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
      create function elsewhere.watch() returns event_trigger language plpgsql as 'begin end'; create function shop.watch() returns event_trigger language plpgsql as 'begin end';
      create event trigger theirs on sql_drop execute function elsewhere.watch(); comment on event trigger theirs is 'c'; create event trigger ours on sql_drop execute function shop.watch();
      create schema realtime; create table realtime.messages (topic text); create policy members on realtime.messages using (true); comment on policy members on realtime.messages is 'c';
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

  it("selectFacts() keeps event triggers whose function it keeps: no plan could make the others, which are a platform's", () => {
    const kept = selectFacts(all, new Set(["shop"])).facts().map(({ id }) => text(id)).filter((id) => id.includes("eventTrigger"));
    expect(kept).toEqual([expect.stringContaining('"ours"')]);
  });

  it("selectFacts() keeps policies on what Realtime sends without the table, which is the platform's, unless they are not asked for", () => {
    const kept = selectFacts(all, new Set(["shop"])).facts().filter(({ id }) => text(id).includes('"realtime"'));
    expect(kept.map(({ id, parent }) => [id.kind, parent?.kind])).toEqual(expect.arrayContaining([["policy", undefined], ["comment", "policy"]]));
    expect(kept).toHaveLength(2);
    expect(selectFacts(all, new Set(["shop"]), false).facts().filter(({ id }) => text(id).includes('"realtime"'))).toEqual([]);
    // Where the schema itself is backed up, it is a policy as any other.
    expect(selectFacts(all, new Set(["realtime"])).facts().find(({ id }) => id.kind === "policy")?.parent).toMatchObject({ kind: "table" });
  });

  it("selectFacts() keeps the schema an extension lives in although nothing else of it is wanted", () => {
    const kept = selectFacts(all, new Set(["shop"])).facts().map(({ id }) => id);
    expect(kept.filter(({ kind }) => kind === "schema").map(text)).toEqual(expect.arrayContaining([expect.stringContaining('"extensions"'), expect.stringContaining('"shop"')]));
  });
});
