import type { StableId } from "@supabase/pg-delta/core";
import { describe, expect, it } from "vitest";
import { adaptCalls } from "../../../../functions/_shared/restore/adapt_calls.ts";
import type { LeftOut } from "../../../../functions/_shared/restore/restore_context.ts";
import { fact, facts, schema, table } from "../../../support/facts.ts";

const hook: StableId = { kind: "trigger", schema: "public", table: "t", name: "hook" };
const watch: StableId = { kind: "eventTrigger", name: "watch" };
const request: StableId = { kind: "function", schema: "supabase_functions", name: "http_request", args: [] };
const watcher: StableId = { kind: "function", schema: "extensions", name: "watch", args: [] };
const backup = facts([fact(schema("public")), fact(table("t"), {}, schema("public")),
  fact(hook, { def: "CREATE TRIGGER hook AFTER INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION supabase_functions.http_request('u')" }, table("t")),
  fact({ kind: "comment", target: hook }, { text: "c" }, hook), fact(watch, { functionSchema: "extensions", functionName: "watch" })]);
const platform = [fact(schema("extensions")), fact(watcher, {}, schema("extensions")), fact(watch)];
const webhooks = [fact(schema("supabase_functions")), fact(request, {}, schema("supabase_functions"))];

describe("adaptCalls()", () => {
  it("adaptCalls() leaves out what calls a function that nobody has, with its comment, and says what to do", () => {
    const leftOut: LeftOut[] = [];
    expect(adaptCalls(backup, facts([]), leftOut).facts().map(({ id }) => id.kind).sort()).toEqual(["schema", "table"]);
    expect(leftOut).toEqual([
      { reason: "platform", subject: "trigger hook of public.t", message: expect.stringMatching(/supabase_functions\.http_request\(\).*Enable database webhooks/) },
      { reason: "platform", subject: "event trigger watch", message: expect.stringContaining("extensions.watch(), which the platform makes") }]);
  });

  it("adaptCalls() keeps a trigger whose function the target has, and leaves the platform's event triggers to the platform", () => {
    const leftOut: LeftOut[] = [];
    const adapted = adaptCalls(backup, facts([...platform, ...webhooks]), leftOut);
    expect([adapted.has(hook), adapted.has({ kind: "comment", target: hook }), adapted.has(watch)]).toEqual([true, true, false]);
    expect(leftOut).toEqual([]);
  });

  it("adaptCalls() leaves any other trigger to the target, which refuses it where the function is missing", () => {
    const audit: StableId = { kind: "trigger", schema: "public", table: "t", name: "audit" };
    const audited = facts([fact(schema("public")), fact(table("t"), {}, schema("public")), fact(audit, { def: "CREATE TRIGGER audit AFTER INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION audit.log()" }, table("t"))]);
    const leftOut: LeftOut[] = [];
    expect(adaptCalls(audited, facts([]), leftOut).has(audit)).toBe(true);
    expect(leftOut).toEqual([]);
  });
});
