import type { StableId } from "@supabase/pg-delta/core";
import { describe, expect, it } from "vitest";
import { compareOrder } from "../../../../functions/_shared/prove/compare_order.ts";
import { fact, facts, table } from "../../../support/facts.ts";

const side = (name: string, columns: Record<string, number>) => facts([fact(table(name)), ...Object.entries(columns).map(([column, position]) =>
  fact({ kind: "column", schema: "public", table: name, name: column } satisfies StableId, { _position: position }, table(name)))]);

describe("compareOrder()", () => {
  it("compareOrder() names a table whose columns come in another order, which decides nothing", () => {
    expect(compareOrder(side("t", { z: 1, b: 3, a: 12 }), side("t", { z: 1, a: 2, b: 3 }))).toMatchObject([
      { check_name: "check_schema", subject: "table public.t", verdict: "skipped", expected: 'columns in the order "z", "a", "b"', actual: 'columns in the order "z", "b", "a"' }]);
  });

  it("compareOrder() counts neither the gaps that dropped columns leave, nor columns and tables that one side alone has", () => {
    expect(compareOrder(side("t", { z: 1, a: 2, b: 3 }), side("t", { z: 4, a: 9, b: 10 }))).toEqual([]);
    expect(compareOrder(side("t", { more: 1, a: 2, b: 3 }), side("t", { a: 1, gone: 2, b: 3 }))).toEqual([]);
    expect(compareOrder(side("t", { a: 1, b: 2 }), side("u", { b: 1, a: 2 }))).toEqual([]);
  });
});
