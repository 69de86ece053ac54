import type { StableId } from "@supabase/pg-delta/core";
import { describe, expect, it } from "vitest";
import { adaptPlatform } from "../../../../functions/_shared/restore/adapt_platform.ts";
import { nameOf } from "../../../../functions/_shared/restore/fact_edits.ts";
import type { LeftOut } from "../../../../functions/_shared/restore/restore_context.ts";
import { depends, fact, facts, owner, role, schema, table, targetInfo } from "../../../support/facts.ts";

const users = table("users", "auth");
const pass: StableId = { kind: "function", schema: "public", name: "pass", args: [] };
const theirs: StableId = { kind: "function", schema: "auth", name: "theirs", args: [] };
const own: StableId = { kind: "trigger", schema: "auth", table: "users", name: "own" };
const platforms: StableId = { kind: "trigger", schema: "auth", table: "users", name: "platforms" };
const policy: StableId = { kind: "policy", schema: "auth", table: "users", name: "mine" };
const column: StableId = { kind: "column", schema: "auth", table: "users", name: "phone_2" };
const index: StableId = { kind: "index", schema: "auth", name: "users_phone" };
const backup = facts(
  [fact(schema("public")), fact(schema("auth")), fact(users, { of: "backup" }, schema("auth")), fact(column, {}, users), fact(index, {}, users), fact(table("sso", "auth"), {}, schema("auth")),
    fact(pass, {}, schema("public")), fact(theirs, {}, schema("auth")), fact(own, {}, users), fact(platforms, {}, users), fact(policy, {}, users), fact({ kind: "comment", target: policy }, {}, policy), fact({ kind: "comment", target: users }, {}, users)],
  [depends(own, pass), depends(platforms, theirs), depends(own, users)]);
const left: StableId = { kind: "policy", schema: "auth", table: "users", name: "left" };
const current = facts([fact(schema("public")), fact(schema("auth")), fact(users, { of: "target" }, schema("auth")), fact(left, {}, users), fact(theirs, {}, schema("auth"))]);
const target = targetInfo({ platformSchemas: ["auth"] });

describe("adaptPlatform()", () => {
  it("adaptPlatform() changes nothing where there is no platform", () => expect(adaptPlatform(backup, current, targetInfo(), [])).toBe(backup));

  it("adaptPlatform() takes the platform's objects from the target, and the project's triggers and policies from the backup", () => {
    const adapted = adaptPlatform(backup, current, target, []);
    expect(adapted.get(users)?.payload).toEqual({ of: "target" });
    expect(adapted.facts().map(({ id }) => nameOf(id)).sort()).toEqual(["comment on policy mine of auth.users", "function auth.theirs()", "function public.pass()", "policy left of auth.users",
      "policy mine of auth.users", "schema auth", "schema public", "table auth.users", "trigger own of auth.users"].sort());
    expect(adapted.outgoingEdges(own)).toHaveLength(2);
  });

  it("adaptPlatform() names tables and columns that another version of the platform lacks, and counts what is smaller", () => {
    const leftOut: LeftOut[] = [];
    adaptPlatform(backup, current, target, leftOut);
    expect(leftOut.map(({ subject }) => subject).sort()).toEqual(["column phone_2 of auth.users", "schema auth", "table auth.sso"]);
    expect(leftOut.find(({ subject }) => subject === "schema auth")?.message).toMatch(/^3 of its smaller objects/);
  });

  it("adaptPlatform() names what the project has made in a schema of the platform, and where it can be made now", () => {
    const claims: StableId = { kind: "function", schema: "auth", name: "claims", args: [] };
    const uid: StableId = { kind: "function", schema: "auth", name: "uid", args: [] };
    const made = facts([fact(schema("auth")), fact(claims, {}, schema("auth")), fact(uid, {}, schema("auth")), fact(role("postgres")), fact(role("supabase_auth_admin"))],
      [owner(claims, "postgres"), owner(uid, "supabase_auth_admin")]);
    const leftOut: LeftOut[] = [];
    adaptPlatform(made, facts([fact(schema("auth"))]), target, leftOut);
    expect(leftOut.map(({ subject, message }) => `${subject}: ${message}`)).toEqual([
      "function auth.claims(): It is the project's, and the target's schema auth may not be changed. Make it in a schema of the project.", expect.stringMatching(/^schema auth: 1 of its smaller objects/)]);
  });

  it("adaptPlatform() makes no trigger or policy on a table the target does not have", () => {
    const without = facts([fact(schema("public")), fact(schema("auth"))]);
    const adapted = adaptPlatform(backup, without, target, []);
    expect([own, policy, users].some((id) => adapted.has(id))).toBe(false);
  });
});
