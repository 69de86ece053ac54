import { describe, expect, it } from "vitest";
import { adaptOwners } from "../../../../functions/_shared/restore/adapt_owners.ts";
import type { LeftOut } from "../../../../functions/_shared/restore/restore_context.ts";
import { acl, fact, facts, owner, role, schema, table, targetInfo } from "../../../support/facts.ts";

const base = [fact(schema("public")), fact(table("a"), {}, schema("public")), fact(role("gone")), fact(role("postgres")), fact(role("anon"))];
const desired = facts([...base, fact(acl(table("a"), "gone"), { privileges: ["SELECT", "UPDATE"] }, table("a"))], [owner(table("a"), "gone")]);
const ownerOf = (adapted: typeof desired) => adapted.outgoingEdges(table("a")).map(({ to }) => to);

describe("adaptOwners()", () => {
  it("adaptOwners() changes nothing where the role may give objects to their owners", () => {
    const leftOut: LeftOut[] = [];
    const roles = new Map([["gone", { isMember: true }]]);
    expect(adaptOwners(desired, facts([]), targetInfo({ roles }), leftOut)).toBe(desired);
    // A superuser may act as anybody there is, but not as somebody there is not.
    expect(adaptOwners(desired, facts([]), targetInfo({ isSuperuser: true, roles: new Map([["gone", { isMember: false }]]) }), leftOut)).toBe(desired);
    expect(leftOut).toEqual([]);
    expect(ownerOf(adaptOwners(desired, facts([]), targetInfo({ isSuperuser: true }), leftOut))).toEqual([role("postgres")]);
  });

  it("adaptOwners() gives an object of a missing role to who restores, with the rights of the former owner, and says so", () => {
    const leftOut: LeftOut[] = [];
    const adapted = adaptOwners(desired, facts([]), targetInfo(), leftOut);
    expect(ownerOf(adapted)).toEqual([role("postgres")]);
    expect(adapted.get(acl(table("a"), "postgres"))?.payload).toEqual({ privileges: ["SELECT", "UPDATE"] });
    expect(adapted.has(acl(table("a"), "gone"))).toBe(false);
    expect(leftOut).toEqual([expect.objectContaining({ reason: "role", subject: "ownership by gone", message: expect.stringMatching(/^1 objects belong to postgres/) })]);
  });

  it("adaptOwners() leaves a schema of a role it cannot act as, and no table, whose owner is a difference", () => {
    const leftOut: LeftOut[] = [];
    const mine = facts([...base], [owner(schema("public"), "postgres"), owner(table("a"), "postgres")]);
    const theirs = facts([...base, fact(role("supabase_admin"))], [owner(schema("public"), "supabase_admin"), owner(table("a"), "supabase_admin")]);
    const adapted = adaptOwners(mine, theirs, targetInfo(), leftOut);
    expect(adapted.outgoingEdges(schema("public")).map(({ to }) => to)).toEqual([role("supabase_admin")]);
    expect(ownerOf(adapted)).toEqual([role("postgres")]);
    expect(leftOut).toEqual([{ reason: "role", subject: "owner of schema public", message: "It stays with supabase_admin, as postgres cannot take it; in the backup it belongs to postgres." }]);
    expect(adaptOwners(mine, facts([...base], [owner(schema("public"), "anon")]), targetInfo(), [])).toBe(mine);
  });

  it("adaptOwners() leaves an object that is there with its present owner", () => {
    const current = facts([...base], [owner(table("a"), "anon")]);
    expect(ownerOf(adaptOwners(desired, current, targetInfo(), []))).toEqual([role("anon")]);
    // The same owner, whom nobody may act as, is no change at all.
    const leftOut: LeftOut[] = [];
    expect(adaptOwners(desired, desired, targetInfo(), leftOut)).toBe(desired);
    expect(leftOut).toEqual([]);
  });

  it.each([["before", false], ["after", true]])("adaptOwners() prefers the owner's rights to grants of the new owner that come %s them", (_where, last) => {
    const both = [fact(acl(table("a"), "gone"), { privileges: ["SELECT", "UPDATE"] }, table("a")), fact(acl(table("a"), "postgres"), { privileges: ["SELECT"] }, table("a"))];
    const adapted = adaptOwners(facts([...base, ...(last ? both : both.reverse())], [owner(table("a"), "gone")]), facts([]), targetInfo(), []);
    expect(adapted.get(acl(table("a"), "postgres"))?.payload).toEqual({ privileges: ["SELECT", "UPDATE"] });
    expect(adapted.facts().filter(({ id }) => id.kind === "acl")).toHaveLength(1);
  });

  it("adaptOwners() adds a role nobody backed up, so that an owner leads to it", () => {
    const adapted = adaptOwners(desired, facts([]), targetInfo({ role: "cli_login", roles: new Map([["cli_login", { isMember: true }]]) }), []);
    expect(adapted.has(role("cli_login"))).toBe(true);
    expect(ownerOf(adapted)).toEqual([role("cli_login")]);
  });
});
