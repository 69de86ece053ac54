import { buildFactBase, type Fact, FactBase } from "@supabase/pg-delta/core";
import { plan } from "@supabase/pg-delta/plan";
import { afterEach, describe, expect, it } from "vitest";
import { planChanges } from "../../../../functions/_shared/schema/plan_changes.ts";

const original = FactBase.prototype.facts;
const nothing = () => buildFactBase([], [], "snapshot");
const schemas = (names: string[]) =>
  buildFactBase(names.map((name) => ({ id: { kind: "schema", name }, payload: {} }) as unknown as Fact), [], "snapshot");

describe("planChanges()", () => {
  afterEach(() => {
    FactBase.prototype.facts = original;
  });

  it("planChanges() plans what plan() plans", () => {
    const names = Array.from({ length: 20 }, (_, n) => `s${n}`);
    const planned = planChanges(nothing(), schemas(names), { scope: "database" });
    expect(planned).toEqual(plan(nothing(), schemas(names), { scope: "database" }));
    expect(planned.actions.map(({ sql }) => sql).filter((sql) => sql.includes("SCHEMA"))).toHaveLength(20);
  });

  it("planChanges() makes the list of facts once for each fact base, however many objects there are", () => {
    let calls: FactBase[] = [];
    FactBase.prototype.facts = function (this: FactBase): Fact[] {
      calls.push(this);
      return original.call(this);
    };
    const names = Array.from({ length: 50 }, (_, n) => `s${n}`);
    planChanges(nothing(), schemas(names), { scope: "database" });
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.length).toBe(new Set(calls).size);
    calls = [];
    plan(nothing(), schemas(names), { scope: "database" });
    // What it is for: without it the planner asks again and again.
    expect(calls.length).toBeGreaterThan(new Set(calls).size);
  });

  it("planChanges() leaves fact bases as they were, also when there is no plan", () => {
    planChanges(nothing(), schemas(["a"]));
    expect(FactBase.prototype.facts).toBe(original);
    expect(() => planChanges(nothing(), schemas(["a"]), { params: { unknown: true } })).toThrow(/unknown/);
    expect(FactBase.prototype.facts).toBe(original);
    const base = schemas(["a"]);
    base.facts().pop();
    expect(base.facts()).toHaveLength(1);
  });
});
