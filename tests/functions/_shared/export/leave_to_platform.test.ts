import type { StableId } from "@supabase/pg-delta/core";
import { describe, expect, it } from "vitest";
import { leaveToPlatform } from "../../../../functions/_shared/export/leave_to_platform.ts";
import { nameOf } from "../../../../functions/_shared/restore/fact_edits.ts";
import { fact, facts, owner, role, schema, table } from "../../../support/facts.ts";

const eventTrigger = (name: string, functionSchema: string) => fact({ kind: "eventTrigger", name }, { functionSchema, functionName: "hear" });
const hear: StableId = { kind: "function", schema: "public", name: "hear", args: [] };
const publication = (name: string) => ({ kind: "publication", name }) as const satisfies StableId;
const member = (of: string, one: string, where: string) => fact({ kind: "publicationRel", publication: of, schema: where, table: one }, {}, publication(of));
const messages = [fact(schema("realtime")), fact(table("messages", "realtime"), {}, schema("realtime")), ...["theirs", "mixed", "own"].map((of) => member(of, "messages", "realtime"))];
const covered = [fact(role("supabase_admin")), fact(role("postgres")), fact(schema("public")), fact(table("t"), {}, schema("public")), fact(hear, {}, schema("public")),
  eventTrigger("own", "public"), eventTrigger("watch", "extensions"), fact({ kind: "comment", target: { kind: "eventTrigger", name: "watch" } }, {}, { kind: "eventTrigger", name: "watch" }),
  ...["theirs", "mixed", "empty", "own"].map((name) => fact(publication(name))), member("mixed", "t", "public")];
const owners = [...["theirs", "mixed", "empty"].map((name) => owner(publication(name), "supabase_admin")), owner(publication("own"), "postgres")];

describe("leaveToPlatform()", () => {
  it("leaveToPlatform() leaves event triggers and publications that work on nothing a backup covers to the platform, and nothing of the project's", () => {
    const left = leaveToPlatform(facts(covered, owners), facts([...covered, ...messages], owners));
    const names = left.facts().map(({ id }) => nameOf(id)).filter((name) => /event trigger|publication/.test(name)).sort();
    expect(names).toEqual(["event trigger own", "publication empty", "publication mixed", "publication own", "table public.t in publication mixed"]);
  });
});
