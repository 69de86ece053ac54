import type { StableId } from "@supabase/pg-delta/core";
import { describe, expect, it } from "vitest";
import { adaptExtensions } from "../../../../functions/_shared/restore/adapt_extensions.ts";
import { nameOf } from "../../../../functions/_shared/restore/fact_edits.ts";
import type { LeftOut } from "../../../../functions/_shared/restore/restore_context.ts";
import { depends, fact, facts, schema, table, targetInfo } from "../../../support/facts.ts";

const citext: StableId = { kind: "extension", name: "citext" };
const address: StableId = { kind: "column", schema: "public", table: "mails", name: "address" };
const backup = facts(
  [fact(schema("public")), fact(schema("extensions")), fact(schema("old")), fact(citext, { schema: "extensions" }), fact({ kind: "comment", target: citext }, { text: "c" }, citext),
    fact(table("mails"), {}, schema("public")), fact(address, {}, table("mails")), fact({ kind: "view", schema: "public", name: "v" }, {}, schema("public")), fact(table("plain"), {}, schema("public"))],
  [depends(address, citext), depends({ kind: "view", schema: "public", name: "v" }, address), depends(citext, schema("extensions"))]);
const nothing = facts([]);

describe("adaptExtensions()", () => {
  it("adaptExtensions() keeps one that can be created and all that uses it, but its comment, which its script writes", () => {
    const leftOut: LeftOut[] = [];
    const adapted = adaptExtensions(backup, nothing, targetInfo({ creatableExtensions: new Set(["citext"]) }), leftOut);
    expect(leftOut).toEqual([]);
    expect(adapted.has(citext) && adapted.has(address)).toBe(true);
    expect(adapted.has({ kind: "comment", target: citext })).toBe(false);
    expect(adapted.outgoingEdges(citext)).toHaveLength(1);
  });

  it("adaptExtensions() leaves out one the target cannot have with all that depends on it, and says which", () => {
    const leftOut: LeftOut[] = [];
    const adapted = adaptExtensions(backup, nothing, targetInfo(), leftOut);
    expect(adapted.facts().map(({ id }) => nameOf(id)).sort()).toEqual(["schema extensions", "schema old", "schema public", "table public.mails", "table public.plain"]);
    expect(leftOut).toEqual(expect.arrayContaining([
      { reason: "extension", subject: "extension citext", message: "postgres cannot create it on this server." },
      { reason: "extension", subject: "view public.v", message: "It needs extension citext." }]));
    // A column goes with its table's rows and is not an object of its own to people.
    expect(leftOut).toHaveLength(2);
  });

  it("adaptExtensions() names of several the one that an object needs", () => {
    const leftOut: LeftOut[] = [];
    const cron: StableId = { kind: "extension", name: "pg_cron" };
    const job: StableId = { kind: "view", schema: "public", name: "jobs" };
    adaptExtensions(facts([...backup.facts(), fact(cron, { schema: "extensions" }), fact(job, {}, schema("public"))], [...backup.edges, depends(job, cron)]), nothing, targetInfo(), leftOut);
    expect(leftOut.filter(({ subject }) => subject.startsWith("view")).map(({ subject, message }) => `${subject}: ${message}`).sort())
      .toEqual(["view public.jobs: It needs extension pg_cron.", "view public.v: It needs extension citext."]);
  });

  it("adaptExtensions() leaves an installed one where and as it is, and says where that is another place", () => {
    const leftOut: LeftOut[] = [];
    const current = facts([fact(schema("old")), fact(citext, { schema: "old", version: "1.0" })], [depends(citext, schema("old"))]);
    const adapted = adaptExtensions(backup, current, targetInfo({ installedExtensions: new Map([["citext", "1.0"]]) }), leftOut);
    expect(adapted.get(citext)?.payload).toEqual({ schema: "old", version: "1.0" });
    expect(adapted.outgoingEdges(citext).map(({ to }) => nameOf(to))).toEqual(["schema old"]);
    expect(leftOut).toEqual([{ reason: "extension", subject: "extension citext", message: "It stays in schema old of the target; the backup had it in extensions." }]);
  });
});
