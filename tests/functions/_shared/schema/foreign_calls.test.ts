import type { StableId } from "@supabase/pg-delta/core";
import { describe, expect, it } from "vitest";
import { foreignCalls } from "../../../../functions/_shared/schema/foreign_calls.ts";
import { depends, fact, facts, schema, table } from "../../../support/facts.ts";

const trigger = (name: string): StableId => ({ kind: "trigger", schema: "public", table: "t", name });
const calling = (name: string, called: string) => fact(trigger(name), { def: `CREATE TRIGGER ${name} AFTER INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION ${called}()` }, table("t"));
const own: StableId = { kind: "function", schema: "public", name: "own", args: [] };
const moddatetime: StableId = { kind: "extension", name: "moddatetime" };

describe("foreignCalls()", () => {
  it("foreignCalls() names triggers whose function is neither captured nor of an extension nor of PostgreSQL", () => {
    const base = facts(
      [fact(schema("public")), fact(table("t"), {}, schema("public")), fact(own, {}, schema("public")), fact(moddatetime, { schema: "extensions" }),
        calling("mine", "public.own"), calling("theirs", "supabase_functions.http_request"), calling("moved", "extensions.moddatetime"), calling("builtin", "suppress_redundant_updates_trigger"),
        fact({ kind: "eventTrigger", name: "watch" }, { functionSchema: "extensions", functionName: "watch" })],
      [depends(trigger("mine"), own), depends(trigger("moved"), moddatetime)]);
    expect(foreignCalls(base).map(({ caller, called }) => [caller, `${called.schema}.${called.name}`])).toEqual([
      [trigger("theirs"), "supabase_functions.http_request"], [{ kind: "eventTrigger", name: "watch" }, "extensions.watch"]]);
  });
});
