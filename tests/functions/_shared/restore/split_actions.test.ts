import type { Fact, StableId } from "@supabase/pg-delta/core";
import type { Action } from "@supabase/pg-delta/plan";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseBefore, isPlainCheck } from "../../../../functions/_shared/restore/split_actions.ts";
import { acl, depends, fact, facts, schema, table } from "../../../support/facts.ts";

const check: StableId = { kind: "constraint", schema: "public", table: "a", name: "c" };
const column = (name: string, of = "a"): StableId => ({ kind: "column", schema: "public", table: of, name });
const lower: StableId = { kind: "function", schema: "public", name: "lower", args: [] };
const base: Fact[] = [fact(schema("public")), fact(table("a"), {}, schema("public")), fact(table("b"), {}, schema("public")), fact(column("n"), {}, table("a")), fact(column("n", "b"), {}, table("b")), fact(lower, {}, schema("public"))];
const withCheck = (payload: Fact["payload"] = {}, to: StableId = column("n"), parent: StableId = table("a")) =>
  facts([...base, fact({ kind: "domain", schema: "public", name: "d" }), fact(check, { type: "c", validated: true, def: "CHECK (n > 0)", ...payload }, parent)], [depends(check, to)]);

describe("isPlainCheck()", () => {
  it("isPlainCheck() is true of a check that looks at nothing but its row", () => expect(isPlainCheck(withCheck(), check)).toBe(true));

  it.each([
    ["calls a function of the database", withCheck({}, lower)], ["looks at the clock", withCheck({ def: "CHECK (n < EXTRACT(year FROM CURRENT_DATE))" })],
    ["depends on chance", withCheck({ def: "CHECK (n < random())" })], ["was never validated", withCheck({ validated: false })], ["is a key", withCheck({ type: "p" })],
    ["reads another table", withCheck({}, column("n", "b"))], ["belongs to a domain", withCheck({}, column("n"), { kind: "domain", schema: "public", name: "d" })], ["is not there", facts(base)],
  ])("isPlainCheck() is false of one that %s", (_what, desired) => expect(isPlainCheck(desired, check)).toBe(false));
});

const action = (produces: StableId[], change: Partial<Action> = {}) => ({ sql: "", verb: "create", produces, consumes: [], destroys: [], ...change }) as unknown as Action;
const primary: StableId = { kind: "constraint", schema: "public", table: "a", name: "a_pkey" };
const view: StableId = { kind: "view", schema: "public", name: "v" };
const trigger: StableId = { kind: "trigger", schema: "public", table: "a", name: "t" };
const policy: StableId = { kind: "policy", schema: "public", table: "a", name: "p" };
const index: StableId = { kind: "index", schema: "public", name: "i" };
const desired = (...edges: Parameters<typeof facts>[1] & object) => facts(
  [...base, fact(primary, { type: "p" }, table("a")), fact(view, {}, schema("public")), fact(trigger, {}, table("a")), fact(policy, {}, table("a")), fact(index, {}, table("a")), fact(acl(table("a"), "anon"), {}, table("a")), fact(acl(view, "anon"), {}, view)], edges);
const chosen = (actions: Action[], of = desired()) => [...chooseBefore(actions, of)].sort((a, b) => a - b);

describe("chooseBefore()", () => {
  it.each(["statistics", "clustering", "partition index", "replica identity"])("chooseBefore() leaves %s of a table for later", (intentKind) => {
    const id: StableId = { kind: "extensionIntent", ext: "holdfast", intentKind, key: '["public","a"]' };
    expect(chosen([action([table("a")]), action([id])], facts([...base, fact(id, {}, table("a"))]))).toEqual([0]);
  });

  it("chooseBefore() takes tables and the rights on them, and leaves keys, triggers, policies, indexes and views for later", () => {
    const actions = [table("a"), acl(table("a"), "anon"), primary, trigger, policy, index, view, acl(view, "anon"), lower].map((id) => action([id]));
    expect(chosen(actions)).toEqual([0, 1, 8]);
  });

  it("chooseBefore() pulls forward what something before the rows needs, through any number of steps", () => {
    const of = desired(depends(lower, view), depends(view, primary));
    expect(chosen([action([lower]), action([trigger]), action([primary]), action([view])], of)).toEqual([0, 2, 3]);
    // What something hangs on is needed as well.
    expect(chosen([action([table("a")], { consumes: [acl(view, "anon")] }), action([acl(view, "anon")]), action([index]), action([view])])).toEqual([0, 1, 3]);
    // What it consumes need not be among the edges of the schema.
    expect(chosen([action([table("a")], { consumes: [index] }), action([index])])).toEqual([0, 1]);
  });

  it("chooseBefore() drops nothing early, and leaves what would hide rows or need an index", () => {
    const altered = (sql: string) => action([], { consumes: [table("a")], sql });
    expect(chosen([action([table("b")], { verb: "drop" }), action([]), altered("ALTER TABLE a FORCE ROW LEVEL SECURITY"), altered("ALTER TABLE a REPLICA IDENTITY FULL"),
      altered("ALTER TABLE a CLUSTER ON i"), altered("ALTER TABLE a ENABLE ROW LEVEL SECURITY")])).toEqual([5]);
  });

  it("chooseBefore() takes constraints of domains and plain checks", () => {
    expect(chosen([action([check])], withCheck())).toEqual([0]);
    expect(chosen([action([check])], withCheck({}, lower))).toEqual([]);
    expect(chosen([action([check])], withCheck({ def: "CHECK (now() > '2000-01-01')" }, column("n"), { kind: "domain", schema: "public", name: "d" }))).toEqual([0]);
  });
});

describe("chooseBefore() and any plan", () => {
  /** Objects that come before the rows by themselves, and objects that do only if one of those needs them. */
  const EARLY = ["table", "function", "sequence"] as const;
  const LATE = ["view", "materializedView", "index"] as const;
  const kinds = fc.constantFrom(...EARLY, ...LATE);
  const idOf = (kind: (typeof EARLY | typeof LATE)[number], at: number): StableId =>
    (kind === "function" ? { kind, schema: "public", name: `o${at}`, args: [] } : { kind, schema: "public", name: `o${at}` });
  /** For each object its kind, what it depends on, and what its action consumes, as numbers of objects. */
  const graph = fc.integer({ min: 1, max: 12 }).chain((size) => fc.array(fc.record({
    kind: kinds, depends: fc.array(fc.nat(size - 1), { maxLength: 3 }), consumes: fc.array(fc.nat(size - 1), { maxLength: 2 }),
  }), { minLength: size, maxLength: size }));
  type Graph = { kind: (typeof EARLY | typeof LATE)[number]; depends: number[]; consumes: number[] }[];

  function planOf(all: Graph): { actions: Action[]; base: ReturnType<typeof facts> } {
    const ids = all.map(({ kind }, at) => idOf(kind, at));
    const at = (index: number) => ids[index] as StableId;
    return {
      actions: all.map(({ consumes }, index) => action([at(index)], { consumes: consumes.map(at) })),
      base: facts([fact(schema("public")), ...ids.map((id) => fact(id, {}, schema("public")))], all.flatMap(({ depends: on }, index) => on.filter((one) => one !== index).map((one) => depends(at(index), at(one))))),
    };
  }
  /** By the book: what comes early, then whatever something chosen needs, until nothing is added. */
  function model(all: Graph): number[] {
    const early = new Set(all.flatMap(({ kind }, index) => ((EARLY as readonly string[]).includes(kind) ? [index] : [])));
    for (let size = -1; size !== early.size;) {
      size = early.size;
      for (const index of [...early]) for (const one of [...all[index]?.depends ?? [], ...all[index]?.consumes ?? []]) early.add(one);
    }
    return [...early].sort((a, b) => a - b);
  }

  it("chooseBefore() takes what comes early and all that it needs, and nothing else, whatever depends on whatever", () => {
    fc.assert(fc.property(graph, (all) => {
      const { actions, base: of } = planOf(all);
      expect(chosen(actions, of)).toEqual(model(all));
    }));
  });

  it("chooseBefore() chooses the same objects in whatever order the plan has them", () => {
    fc.assert(fc.property(graph.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all.map((_, index) => index), { minLength: all.length }))), ([all, order]) => {
      const { actions, base: of } = planOf(all);
      const shuffled = order.map((index) => actions[index] as Action);
      expect(chosen(shuffled, of).map((place) => order[place] ?? -1).sort((a, b) => a - b)).toEqual(model(all));
    }));
  });

  it("chooseBefore() splits an order that works into two halves that work one after the other", () => {
    fc.assert(fc.property(graph, (any) => {
      // Each object needs only such as come before it.
      const all = any.map((one, index) => ({ ...one, depends: one.depends.filter((other) => other < index), consumes: one.consumes.filter((other) => other < index) }));
      const { actions, base: of } = planOf(all);
      const before = chooseBefore(actions, of);
      const order = [...actions.keys()].sort((a, b) => Number(before.has(b)) - Number(before.has(a)) || a - b);
      const place = new Map(order.map((index, at) => [index, at]));
      for (const [index, { depends: on, consumes }] of all.entries()) {
        for (const one of [...on, ...consumes]) expect(place.get(one) ?? -1).toBeLessThan(place.get(index) ?? -1);
      }
    }));
  });
});
