import { describe, expect, it } from "vitest";
import { batchActions } from "../../../../functions/_shared/drill/batch_actions.ts";
import type { SchemaAction } from "../../../../functions/_shared/restore/plan_schema.ts";

const LIMITS = { actions: 3, text: 100, bytes: 1000 };
const action = (name: string, change: Partial<SchemaAction> = {}): SchemaAction => ({
  sql: name, verb: "create", name, subject: { kind: "schema", name }, tables: [], constraintType: null, commitAfter: false, alone: false, ...change });
const index = (name: string, table: string) => action(name, { subject: { kind: "index", schema: "s", name }, tables: [table] });
const names = (batches: SchemaAction[][]) => batches.map((batch) => batch.map(({ name }) => name).join(""));

describe("batchActions()", () => {
  it("batchActions() keeps the order and the limits of statements and text", () => {
    expect(names(batchActions([..."abcdefg"].map((name) => action(name)), () => 0, LIMITS))).toEqual(["abc", "def", "g"]);
    expect(names(batchActions([action("a", { sql: "x".repeat(60) }), action("b", { sql: "x".repeat(60) }), action("c")], () => 0, LIMITS))).toEqual(["a", "bc"]);
    expect(batchActions([], () => 0)).toEqual([]);
  });
  it("batchActions() ends a batch where a statement has to be committed, and leaves others alone", () => {
    expect(names(batchActions([action("a"), action("b", { commitAfter: true }), action("c"), action("d", { alone: true }), action("e")], () => 0, LIMITS)))
      .toEqual(["ab", "c", "d", "e"]);
  });
  it("batchActions() does not build indexes on more rows in one batch than an invocation has time for", () => {
    const weight = (table: string) => (table === "s.big" ? 900 : 10);
    expect(names(batchActions([index("a", "s.small"), index("b", "s.small"), index("c", "s.big"), index("d", "s.big"), action("e")], weight, LIMITS))).toEqual(["abc", "de"]);
    expect(names(batchActions([index("a", "s.big"), action("b", { tables: ["s.big"] }), action("c")], () => 5000, LIMITS))).toEqual(["abc"]);
  });
});
