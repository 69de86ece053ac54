import { encodeId, type FactBase } from "@supabase/pg-delta/core";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { nameOf } from "../../../../functions/_shared/restore/fact_edits.ts";
import { extractSchema } from "../../../../functions/_shared/schema/extract_schema.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { queryRows } from "../../../support/query_rows.ts";

const SOURCE = `
  create schema w; set search_path = w;
  create domain always as integer not null check (value > 0);
  create function same(a integer, b text) returns boolean language sql immutable as 'select a::text = b';
  create operator ==> (leftarg = integer, rightarg = text, function = same);
  comment on operator ==> (integer, text) is 'it''s a \\ sign';
  create type pair as (a integer, b integer);
  create function to_pair(integer) returns pair language sql immutable as 'select row($1, $1)::w.pair';
  create cast (integer as pair) with function to_pair (integer) as assignment;
  create text search dictionary plain (template = simple, accept = false);
  create text search configuration names (copy = simple);
  alter text search configuration names alter mapping for word with plain, simple;
  create table notes (id integer, body text, found tsvector generated always as (to_tsvector('w.names', body)) stored, pair pair default 1);
  alter table notes alter body set storage external, alter body set statistics 77, alter id set (n_distinct = -0.5);
  create statistics both_of (dependencies, mcv) on id, body from notes;
  create view shown as select id, body from notes where id ==> body;
  comment on column shown.body is 'what it says'; grant select (id) on shown to anon; alter view shown alter id set default 7;
  create table two (extra text); create table child (id integer, own text) inherits (notes, two);
  comment on column child.extra is 'from two'; alter table child alter extra set default 'x'; alter table child alter extra set not null;
  create table parts (k text, n integer default 3, check (n > 0)) partition by list (k);
  create table early (n integer default 4 check (n > 0), k text not null); alter table early rename constraint early_n_check to parts_n_check; alter table parts attach partition early for values in ('e');
  create unlogged sequence numbers;
  create table typed of pair; alter table notes set (toast.autovacuum_enabled = false);
  create index notes_id on notes (id, (id + 1)); alter table notes cluster on notes_id; alter index notes_id alter column 2 set statistics 33;
  create table keyed (id integer primary key); comment on index keyed_pkey is 'of the key';
  create table numbered (id integer generated always as identity, other integer generated always as identity);
  comment on sequence numbered_id_seq is 'of the id'; grant usage, select on sequence numbered_id_seq to anon; grant update on sequence numbered_id_seq to authenticated with grant option;
  create function nothing() returns trigger language plpgsql as 'begin return null; end';
  create trigger log after insert on parts for each row execute function nothing(); alter table early disable trigger log;
  create table dealt (id integer not null, v text) partition by range (id); create table dealt_1 partition of dealt for values from (0) to (9); create table dealt_2 partition of dealt for values from (9) to (20);
  create unique index dealt_id on dealt (id) with (fillfactor = 50); create index on dealt (v); alter index dealt_1_id_idx rename to "Own"; alter index "Own" reset (fillfactor);
  comment on index dealt_2_v_idx is 'kept'; alter table dealt_2 replica identity using index dealt_2_id_idx; alter table dealt_1 cluster on "Own";
  create sequence of_part owned by dealt_1.id; create sequence of_table owned by keyed.id;
  create index dealt_some on only dealt (id, v); create index "S" on dealt_1 (id, v); alter index dealt_some attach partition "S"; create index dealt_2_free on dealt_2 (id, v);
  alter default privileges in schema w grant execute on functions to postgres; alter default privileges in schema w grant select on tables to anon`;

let database: TestDatabase;
let base: FactBase;
beforeAll(async () => {
  database = await createTestDatabase();
  await queryRows(database.url, SOURCE);
  base = (await extractAll()).factBase;
});
afterAll(() => database.drop());

async function extractAll() {
  const client = await connect(database.url, { applicationName: "holdfast test" });
  const pool = { connect: () => Promise.resolve({ query: client.query.bind(client), release: () => undefined }) } as unknown as Pool;
  return extractSchema(pool).finally(() => client.end());
}

const found = (kind: string) => base.facts().filter(({ id }) => id.kind === "extensionIntent" && id.intentKind === kind && id.key.startsWith('["w"'));
const statements = (kind: string) => found(kind).flatMap(({ payload }) => (Array.isArray(payload["statements"]) ? payload["statements"].map(String) : []));

describe("extractSchema()", () => {
  it.each([
    ["operator", ["create operator w.==> (function = w.same, leftarg = integer, rightarg = text)"]],
    ["cast", ["create cast (integer as w.pair) with function w.to_pair(integer) as assignment"]],
    ["text search dictionary", ["create text search dictionary w.plain (template = pg_catalog.simple, accept = 'false')"]],
    ["statistics", ["CREATE STATISTICS w.both_of (dependencies, mcv) ON id, body FROM w.notes"]],
    ["column settings", ["alter table only w.child alter column body set storage external", "alter table only w.notes alter column id set (n_distinct=-0.5)", "alter table only w.notes alter column body set storage external", "alter table only w.notes alter column body set statistics 77"]],
    ["column default", ["alter view w.shown alter column id set default 7", "alter table only w.child alter column extra set default 'x'::text", "alter table only w.early alter column n set default 4"]],
    ["not null", ["alter table w.child alter column extra set not null", "alter table w.early alter column k set not null"]],
    ["further parents", ["alter table w.child inherit w.two"]],
    ["row type", ["alter table w.typed of w.pair"]],
    ["clustering", ['alter table w.dealt_1 cluster on "Own"', "alter table w.notes cluster on notes_id"]],
    ["replica identity", ["alter table only w.dealt_2 replica identity using index dealt_2_id_idx"]],
    ["toast options", ["alter table w.notes set (toast.autovacuum_enabled=false)"]],
    ["index column settings", ["alter index w.notes_id alter column 2 set statistics 33"]],
    ["index comment", ["comment on index w.keyed_pkey is 'of the key'"]],
    ["trigger state", ["alter table only w.early disable trigger log"]],
    ["unlogged sequence", ["alter sequence w.numbers set unlogged"]],
    ["sequence owner", ["alter sequence w.of_part owned by w.dealt_1.id"]],
  ])("extractSchema() captures %s as the statements that make it", (kind, expected) => {
    expect(statements(kind).sort()).toEqual([...expected].sort());
  });

  it("extractSchema() captures indexes of partitions that are not as the server makes them, and leaves the others to it", () => {
    expect(found("partition index").map(({ id }) => nameOf(id)).sort()).toEqual(["partition index w.Own", "partition index w.S", "partition index w.dealt_2_v_idx"]);
    expect(statements("partition index").filter((sql) => !sql.startsWith("do ")).sort()).toEqual(['CREATE INDEX "S" ON w.dealt_1 USING btree (id, v)',
      'alter index w."Own" reset (fillfactor)', 'alter index w.dealt_some attach partition w."S"', "comment on index w.dealt_2_v_idx is 'kept'"]);
    expect(found("index of some").map(({ parent }) => parent)).toEqual([{ kind: "index", schema: "w", name: "dealt_some" }]);
    expect(base.has({ kind: "index", schema: "w", name: "dealt_2_free" })).toBe(true);
    const needs = base.edges.map(({ from, to }) => `${nameOf(from)} > ${nameOf(to)}`);
    expect(needs).toEqual(expect.arrayContaining(["partition index w.Own > index w.dealt_id", "clustering w.dealt_1 > partition index w.Own", "clustering w.dealt_1 > index w.dealt_id", "replica identity w.dealt_2 > index w.dealt_id"]));
    expect(base.get({ kind: "table", schema: "w", name: "dealt_2" })?.payload).toMatchObject({ replicaIdentity: "d", replicaIdentityIndex: null });
  });

  it("extractSchema() asks the engine for no column that it does not have", () => {
    expect(base.get({ kind: "sequence", schema: "w", name: "of_part" })?.payload["ownedBy"]).toBeNull();
    expect(base.get({ kind: "sequence", schema: "w", name: "of_table" })?.payload["ownedBy"]).toMatchObject({ table: "keyed", column: "id" });
  });

  it("extractSchema() captures what default rights in a schema give, and does not take for revoked what they do not mention", () => {
    const rights = base.facts().flatMap(({ id, payload }) => (id.kind === "defaultPrivilege" && id.schema === "w" ? [`${id.objtype} ${id.grantee} ${String(payload["privileges"])}`] : []));
    expect(rights.sort()).toEqual(["f postgres EXECUTE", "r anon SELECT"]);
  });

  it("extractSchema() captures options of foreign servers that name things, and none that may be or hold a secret", async () => {
    await queryRows(database.adminUrl, `
      create foreign data wrapper elsewhere options (aws_region 'eu-1', base_url 'https://x/k5'); create server there foreign data wrapper elsewhere options ("Api_Key_Id" 'it''s', api_key 'k1', api_url 'https://u:k2@x', host 'h', uri 'x?token=k3');
      create foreign table w.far (a integer) server there options (object 'o', secret 'k4', conn_string_id 'AccountKey=k6')`);
    const { factBase } = await extractAll();
    const made = factBase.facts().flatMap(({ id, payload, parent }) => (id.kind === "extensionIntent" && id.intentKind === "foreign options" ? [`${parent === undefined ? "" : nameOf(parent)}: ${String(payload["statements"])}`] : []));
    expect(made.sort()).toEqual([`fdw elsewhere: alter foreign data wrapper elsewhere options (set aws_region 'eu-1')`,
      "foreign table w.far: alter foreign table w.far options (set object 'o')", `server there: alter server there options (set "Api_Key_Id" 'it''s')`]);
    expect(JSON.stringify(factBase.facts())).not.toMatch(/k[1-6]/);
    await queryRows(database.adminUrl, "drop foreign data wrapper elsewhere cascade");
  });

  it("extractSchema() captures a text search configuration with its mappings, and that a column needs it", () => {
    const [names] = found("text search configuration");
    expect(statements("text search configuration")).toContain("alter text search configuration w.names add mapping for word with w.plain, simple");
    expect(names === undefined ? [] : base.incomingEdges(names.id).map(({ from }) => nameOf(from))).toEqual(["column found of w.notes"]);
    expect(names === undefined ? [] : base.outgoingEdges(names.id).map(({ to }) => nameOf(to))).toContain("text search dictionary w.plain");
  });

  it("extractSchema() lets what needs an operator or cast wait for it, and those for their function", () => {
    const needs = base.edges.map(({ from, to }) => `${nameOf(from)} > ${nameOf(to)}`);
    expect(needs).toEqual(expect.arrayContaining(["view w.shown > operator w.==> (integer, text)", "operator w.==> (integer, text) > function w.same(integer, text)",
      "cast w.(integer as w.pair) > function w.to_pair(integer)", "statistics w.both_of > column body of w.notes"]));
    expect(found("operator")[0]?.payload).toMatchObject({ owner: "postgres", comment: "it's a \\ sign" });
  });

  it("extractSchema() captures a partition whose columns are in an order of its own", () => {
    expect(found("column order").map(({ payload }) => payload["what"])).toEqual(["n integer, k text not null, constraint parts_n_check CHECK ((n > 0))"]);
  });

  it("extractSchema() captures comments on and rights of columns that have no fact", () => {
    const view = { kind: "view", schema: "w", name: "shown" } as const;
    const column = { kind: "column", schema: "w", table: "shown", name: "body" } as const;
    expect(base.get({ kind: "comment", target: column })?.payload).toEqual({ text: "what it says" });
    expect(base.get({ kind: "acl", target: view, grantee: "anon", column: "id" })?.payload).toEqual({ privileges: ["SELECT"], grantable: [] });
    expect(base.has({ kind: "comment", target: { kind: "column", schema: "w", table: "child", name: "extra" } })).toBe(true);
  });

  it("extractSchema() captures comments on and rights of the sequences of identity columns, as parts of the column", () => {
    const sequence = { kind: "sequence", schema: "w", name: "numbered_id_seq" } as const;
    const column = { kind: "column", schema: "w", table: "numbered", name: "id" } as const;
    expect(base.get({ kind: "comment", target: sequence })).toMatchObject({ parent: column, payload: { text: "of the id" } });
    expect(base.get({ kind: "acl", target: sequence, grantee: "anon" })).toMatchObject({ parent: column, payload: { privileges: ["SELECT", "USAGE"], grantable: [] } });
    expect(base.get({ kind: "acl", target: sequence, grantee: "authenticated" })?.payload).toEqual({ privileges: ["UPDATE"], grantable: ["UPDATE"] });
    expect(base.facts().filter(({ id }) => "target" in id && id.target.kind === "sequence" && id.target.name === "numbered_other_seq")).toEqual([]);
  });

  it("extractSchema() has the state of a partition's trigger wait for the trigger, which comes after rows", () => {
    const [state] = found("trigger state");
    expect(state?.parent).toEqual({ kind: "trigger", schema: "w", table: "parts", name: "log" });
  });

  it("extractSchema() says once that a domain is not null, on every version", () => {
    const of = base.childrenOf({ kind: "domain", schema: "w", name: "always" }).filter(({ id }) => id.kind === "constraint");
    expect(of.map(({ payload }) => payload["type"])).toEqual(["c"]);
    expect(base.get({ kind: "domain", schema: "w", name: "always" })?.payload["notNull"]).toBe(true);
  });

  it("extractSchema() makes a table before its storage method, which only a superuser can make", async () => {
    await queryRows(database.adminUrl, "create access method other type table handler heap_tableam_handler; create table w.stored (a integer) using other");
    const { factBase } = await extractAll();
    const needs = factBase.edges.map(({ from, to }) => `${nameOf(from)} > ${nameOf(to)}`);
    expect(needs).toContain("storage method w.stored > access method other");
    expect(needs).not.toContain("table w.stored > access method other");
    await queryRows(database.adminUrl, "drop table w.stored; drop access method other");
  });

  it("extractSchema() captures what only a superuser can make for text search, and names that columns have on another server", async () => {
    await queryRows(database.adminUrl, `
      create text search parser w.words (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype, headline = prsd_headline);
      create text search template w.bare (lexize = dsimple_lexize); create text search dictionary w.odd (template = w.bare);
      create foreign data wrapper elsewhere; create server there foreign data wrapper elsewhere;
      create foreign table w.far (a integer options (column_name 'it''s A', "Key" 'true'), b integer) server there`);
    const { factBase } = await extractAll();
    const made = factBase.facts().flatMap(({ id, payload }) => (id.kind === "extensionIntent" && /parser|template|foreign column/.test(id.intentKind) && Array.isArray(payload["statements"]) ? payload["statements"].map(String) : []));
    expect(made.sort()).toEqual([
      `alter foreign table w.far alter column a options ("Key" 'true', column_name 'it''s A')`,
      "create text search parser w.words (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype, headline = prsd_headline)",
      "create text search template w.bare (lexize = dsimple_lexize)"]);
    expect(factBase.edges.map(({ from, to }) => `${nameOf(from)} > ${nameOf(to)}`)).toContain("text search dictionary w.odd > text search template w.bare");
    await queryRows(database.adminUrl, "drop foreign data wrapper elsewhere cascade; drop text search template w.bare cascade; drop text search parser w.words");
  });

  it("extractSchema() takes nothing from the server itself or from extensions", () => {
    const foreign = base.facts().filter(({ id }) => id.kind === "extensionIntent" && !id.key.startsWith('["w"')).map(({ id }) => encodeId(id));
    expect(foreign.filter((id) => !/"(auth|storage|vault|cron|net|extensions|public)"/.test(decodeURIComponent(id)))).toEqual([]);
  });
});
