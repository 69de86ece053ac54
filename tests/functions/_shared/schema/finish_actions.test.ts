import type { StableId } from "@supabase/pg-delta/core";
import type { Action } from "@supabase/pg-delta/plan";
import { describe, expect, it } from "vitest";
import { recurseIndex } from "../../../../functions/_shared/export/recurse_index.ts";
import { finishActions } from "../../../../functions/_shared/schema/finish_actions.ts";
import { depends, fact, facts, schema, table } from "../../../support/facts.ts";

const action = (sql: string, ...produces: StableId[]): Action => ({
  sql, produces, verb: "create", consumes: [], destroys: [], releases: [], transactionality: "transactional", lockClass: "none", newSegmentBefore: false, dataLoss: "none", rewriteRisk: false });
const column = (of: string, name: string) => ({ kind: "column", schema: "public", table: of, name }) as const;
const further = (intentKind: string, ...names: string[]) => ({ kind: "extensionIntent", ext: "holdfast", intentKind, key: JSON.stringify(["public", ...names]) }) as const;

describe("finishActions()", () => {
  const child = fact(table("c"), { parentTable: { schema: "public", name: "a" } }, schema("public"));
  const others = [fact(schema("public")), fact(table("a"), {}, schema("public")), fact(table("b"), {}, schema("public")), fact(column("a", "x"), {}, table("a"))];
  const parents = further("further parents", "c");
  const edges = [depends(table("c"), table("a")), depends(table("c"), table("b"))];

  it("finishActions() names all parents where the table is made, and nowhere else", () => {
    const desired = facts([...others, child, fact(parents, { what: "public.b, public.\"B\"" }, table("c"))], edges);
    const finished = finishActions([action('CREATE TABLE "public"."c" () INHERITS ("public"."a")', table("c")), action("alter table public.c inherit public.b", parents)], desired);
    expect(finished.map(({ sql }) => sql)).toEqual(['CREATE TABLE "public"."c" () INHERITS ("public"."a", public.b, public."B")']);
    expect(finished[0]?.produces).toEqual([table("c"), parents]);
  });

  it("finishActions() gives a table that is there its further parents by themselves", () => {
    const desired = facts([...others, child, fact(parents, { what: "public.b" }, table("c"))], edges);
    const alone = [action("alter table public.c inherit public.b", parents)];
    expect(finishActions(alone, desired)).toEqual(alone);
  });

  it("finishActions() repeats an inherited column where the table is made, and adds the others as they are", () => {
    const desired = facts([...others, child, fact(column("c", "x"), {}, table("c")), fact(column("c", "y"), {}, table("c"))], edges);
    const finished = finishActions([
      action('CREATE TABLE "public"."c" () INHERITS ("public"."a")', table("c")),
      action('ALTER TABLE "public"."c" ADD COLUMN "x" integer', column("c", "x")),
      action('ALTER TABLE "public"."c" ADD COLUMN "y" integer', column("c", "y"))], desired);
    expect(finished.map(({ sql }) => sql)).toEqual(['CREATE TABLE "public"."c" ("x" integer) INHERITS ("public"."a")', 'ALTER TABLE "public"."c" ADD COLUMN "y" integer']);
  });

  it.each([
    ["leaves out what a column is generated from where its parent has the same", "(x * 2)", ""],
    ["says what a column is generated from where its parent has something else", "(x * 3)", " GENERATED ALWAYS AS ((x * 2)) STORED"],
  ])("finishActions() %s", (_what, ofParent, clause) => {
    const desired = facts([...others, child, fact(column("a", "g"), { generatedExpr: ofParent }, table("a")), fact(column("c", "g"), { generatedExpr: "(x * 2)" }, table("c"))], edges);
    const finished = finishActions([
      action('CREATE TABLE "public"."c" () INHERITS ("public"."a")', table("c")),
      action('ALTER TABLE "public"."c" ADD COLUMN "g" integer GENERATED ALWAYS AS ((x * 2)) STORED NOT NULL', column("c", "g"))], desired);
    expect(finished.map(({ sql }) => sql)).toEqual([`CREATE TABLE "public"."c" ("g" integer${clause} NOT NULL) INHERITS ("public"."a")`]);
  });

  it("finishActions() gives a server the options that are no secrets, and leaves the others hidden", () => {
    const server: StableId = { kind: "server", name: "far" };
    const options = { kind: "extensionIntent", ext: "holdfast", intentKind: "foreign options", key: '[null,"server","far"]' } as const;
    const desired = facts([fact(server), fact(options, { what: '[["api_url","it\'s $&"]]' }, server)]);
    const finished = finishActions([action(`CREATE SERVER "far" FOREIGN DATA WRAPPER "w" OPTIONS (api_url '__OPTION_API_URL__', api_key '__OPTION_API_KEY__')`, server), action("alter server far options (…)", options)], desired);
    expect(finished.map(({ sql }) => sql)).toEqual([`CREATE SERVER "far" FOREIGN DATA WRAPPER "w" OPTIONS (api_url 'it''s $&', api_key '__OPTION_API_KEY__')`]);
  });

  it("finishActions() takes from an owner what default rights of the whole database leave out, and nothing from others", () => {
    const rights = (change: object) => ({ kind: "defaultPrivilege", role: 'a"b', schema: null, objtype: "r", grantee: 'a"b', ...change }) as const;
    const of = 'ALTER DEFAULT PRIVILEGES FOR ROLE "a""b"';
    const sqlOf = (sql: string, id: StableId) => finishActions([action(sql, id)], facts([fact(id)])).map((one) => one.sql);
    expect(sqlOf(`${of} GRANT SELECT, INSERT ON TABLES TO "a""b"`, rights({}))).toEqual([`${of} REVOKE ALL ON TABLES FROM "a""b";\n${of} GRANT SELECT, INSERT ON TABLES TO "a""b"`]);
    const both = finishActions([action(`${of} GRANT SELECT ON TABLES TO "a""b"`, rights({})), action(`${of} GRANT INSERT ON TABLES TO "a""b" WITH GRANT OPTION`, rights({}))], facts([fact(rights({}))]));
    expect(both.map(({ sql }) => sql.includes("REVOKE"))).toEqual([true, false]);
    for (const [sql, id] of [[`${of} IN SCHEMA "public" GRANT SELECT ON TABLES TO "a""b"`, rights({ schema: "public" })], [`${of} GRANT SELECT ON TABLES TO "c"`, rights({ grantee: "c" })]] as const) expect(sqlOf(sql, id)).toEqual([sql]);
  });

  it("finishActions() makes a partition with its own order of columns a table first", () => {
    const part = fact(table("part"), { parentTable: { schema: "public", name: "a" }, partitionBound: "FOR VALUES IN ('$1')", partitionKey: "HASH (y)" }, schema("public"));
    const order = further("column order", "part");
    const desired = facts([...others, part, fact(order, { what: "y integer, x integer not null" }, table("part"))], [depends(table("part"), table("a"))]);
    const finished = finishActions([
      action(`CREATE TABLE "public"."part" PARTITION OF "public"."a" FOR VALUES IN ('$1') PARTITION BY HASH (y)`, table("part")), action("do ''", order)], desired);
    expect(finished.map(({ sql }) => sql)).toEqual([
      `CREATE TABLE "public"."part" (y integer, x integer not null) PARTITION BY HASH (y);\nALTER TABLE "public"."a" ATTACH PARTITION "public"."part" FOR VALUES IN ('$1')`]);
  });

  it("finishActions() makes a virtual column virtual, and leaves a stored one of the same table", () => {
    const virtual = further("virtual column", "b", "v");
    const desired = facts([...others, fact(column("b", "v"), { generatedExpr: "(a + 1)" }, table("b")), fact(virtual, { what: "" }, column("b", "v"))]);
    const finished = finishActions([
      action('CREATE TABLE "public"."b" ("s" integer GENERATED ALWAYS AS ((a + 2)) STORED, "v" integer GENERATED ALWAYS AS ((a + 1)) STORED)', table("b"), column("b", "v")),
      action("alter table public.b alter column v set expression as ((a + 1))", virtual)], desired);
    expect(finished.map(({ sql }) => sql)).toEqual(['CREATE TABLE "public"."b" ("s" integer GENERATED ALWAYS AS ((a + 2)) STORED, "v" integer GENERATED ALWAYS AS ((a + 1)) VIRTUAL)']);
  });

  it("finishActions() keeps an index off the partitions that lack it, and says so once", () => {
    const index: StableId = { kind: "index", schema: "public", name: 'a" ON ONLY' };
    const some = further("index of some", "a");
    const desired = facts([...others, fact(index, {}, table("a")), fact(some, { what: "" }, index)]);
    const finished = finishActions([action('CREATE INDEX "a"" ON ONLY" ON ONLY public.a USING btree (x)', index), action("do ''", some)], desired);
    expect(finished.map(({ sql }) => recurseIndex(sql))).toEqual(['CREATE INDEX "a"" ON ONLY" ON only public.a USING btree (x)']);
  });

  it("finishActions() gives an aggregate the arguments it was made with", () => {
    const least: StableId = { kind: "aggregate", schema: "public", name: "le$ast", args: ["anyarray"] };
    const args = further("aggregate arguments", "least");
    const desired = facts([...others, fact(least, {}, schema("public")), fact(args, { what: "VARIADIC items anyarray" }, least)]);
    const finished = finishActions([action('CREATE AGGREGATE "public"."le$ast"(anyarray) (SFUNC = f, STYPE = anyelement)', least), action("do ''", args)], desired);
    expect(finished.map(({ sql }) => sql)).toEqual(['CREATE AGGREGATE "public"."le$ast"(VARIADIC items anyarray) (SFUNC = f, STYPE = anyelement)']);
  });
});
