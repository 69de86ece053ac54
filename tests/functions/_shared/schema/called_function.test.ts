import type { StableId } from "@supabase/pg-delta/core";
import { describe, expect, it } from "vitest";
import { calledFunction } from "../../../../functions/_shared/schema/called_function.ts";
import { fact, table } from "../../../support/facts.ts";

const trigger: StableId = { kind: "trigger", schema: "public", table: "t", name: "x" };
const of = (call: string) => calledFunction(fact(trigger, { def: `CREATE TRIGGER x AFTER INSERT ON public.t FOR EACH ROW ${call}` }));

describe("calledFunction()", () => {
  it.each([
    ["EXECUTE FUNCTION supabase_functions.http_request('http://x', 'POST')", "supabase_functions", "http_request"],
    ["EXECUTE PROCEDURE a.b()", "a", "b"],
    [`EXECUTE FUNCTION "My ""own"".schema"."f(x"()`, "My \"own\".schema", "f(x"],
    [`WHEN ((new.note <> ' EXECUTE FUNCTION no.such('::text)) EXECUTE FUNCTION a.b(' EXECUTE FUNCTION c.d(')`, "a", "b"],
  ])("calledFunction() reads %s", (call, schema, name) => expect(of(call)).toEqual({ kind: "function", schema, name, args: [] }));

  it("calledFunction() knows no function of PostgreSQL itself, and none of what calls none", () => {
    expect(of("EXECUTE FUNCTION tsvector_update_trigger('a', 'b.c', 'd')")).toBeUndefined();
    expect(calledFunction(fact({ kind: "eventTrigger", name: "e" }, { functionSchema: "pg_catalog", functionName: "f" }))).toBeUndefined();
    expect(calledFunction(fact(table("t")))).toBeUndefined();
  });

  it("calledFunction() reads that of an event trigger", () =>
    expect(calledFunction(fact({ kind: "eventTrigger", name: "e" }, { functionSchema: "extensions", functionName: "watch" }))).toEqual({ kind: "function", schema: "extensions", name: "watch", args: [] }));
});
