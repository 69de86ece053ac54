import { buildFactBase, encodeId, type StableId } from "@supabase/pg-delta/core";
import { describe, expect, it } from "vitest";
import { isRelation, nameOf, rebuild, schemaOf, without, withDependents } from "../../../../functions/_shared/restore/fact_edits.ts";

const table = (name: string): StableId => ({ kind: "table", schema: "public", name });
const view: StableId = { kind: "view", schema: "public", name: "v" };
const publication: StableId = { kind: "publication", name: "changes" };
const inPublication: StableId = { kind: "publicationRel", publication: "changes", schema: "public", table: "a" };
const comment: StableId = { kind: "comment", target: table("a") };
const column: StableId = { kind: "column", schema: "public", table: "a", name: "id" };
const base = buildFactBase(
  [...[table("a"), table("b"), view, publication, inPublication].map((id) => ({ id, payload: {} })), { id: column, payload: {}, parent: table("a") }, { id: comment, payload: {}, parent: table("a") }],
  [{ from: view, to: column, kind: "depends" }, { from: publication, to: table("a"), kind: "depends" }], "liveDb");

describe("schemaOf()", () => {
  it("schemaOf() is that of what a comment or right is about", () => {
    expect([schemaOf(table("a")), schemaOf({ kind: "schema", name: "s" }), schemaOf(comment), schemaOf(publication)]).toEqual(["public", "s", "public", null]);
  });
});

describe("isRelation()", () => {
  it("isRelation() is true of what has rows", () => expect([table("a"), view, column, publication].map(isRelation)).toEqual([true, true, false, false]));
});

describe("nameOf()", () => {
  it("nameOf() says it as people do", () => {
    expect([table("a"), column, comment, inPublication, { kind: "function", schema: "s", name: "f", args: ["integer", "text"] } as StableId, { kind: "acl", target: table("a"), grantee: "anon" } as StableId].map(nameOf)).toEqual([
      "table public.a", "column id of public.a", "comment on table public.a", "table public.a in publication changes", "function s.f(integer, text)", "rights of anon on table public.a"]);
  });
});

describe("nameOf() of what is rare", () => {
  it.each<[StableId, string]>([
    [{ kind: "acl", target: table("a"), grantee: "anon", column: "id" } as StableId, "rights of anon on column id of table public.a"],
    [{ kind: "securityLabel", target: table("a"), provider: "p" }, "security label of table public.a"], [{ kind: "typeAttribute", schema: "s", type: "t", name: "x" }, "attribute x of type s.t"],
    [{ kind: "publicationSchema", publication: "p", schema: "s" }, "schema s in publication p"], [{ kind: "membership", role: "r", member: "m" }, "membership of m in r"],
    [{ kind: "defaultPrivilege", role: "r", schema: "s", objtype: "r", grantee: "g" }, "default rights of g on objects of r in schema s"], [{ kind: "materializedView", schema: "s", name: "v" }, "materialized view s.v"],
  ])("nameOf() says %j as people do", (id, expected) => expect(nameOf(id)).toBe(expected));
});

describe("withDependents()", () => {
  it("withDependents() takes what hangs below and what depends, and leaves a publication of other tables", () => {
    expect([...withDependents(base, [table("a")]).keys()].sort()).toEqual([table("a"), column, comment, view, inPublication].map(encodeId).sort());
    expect([...withDependents(base, [table("b")]).keys()]).toEqual([encodeId(table("b"))]);
  });
});

describe("without()", () => {
  it("without() drops facts, and edges that would lead nowhere", () => {
    const rest = without(base, withDependents(base, [table("a")]));
    expect(rest.facts().map(({ id }) => nameOf(id)).sort()).toEqual(["publication changes", "table public.b"]);
    expect(rest.edges).toEqual([]);
    expect(without(base, new Map())).toBe(base);
  });
});

describe("rebuild()", () => {
  it("rebuild() keeps the edges between what is there", () => expect(rebuild(base.facts(), base.edges).edges).toHaveLength(base.edges.length));
});
