import { describe, expect, it } from "vitest";
import { adaptFurther } from "../../../../functions/_shared/restore/adapt_further.ts";
import type { LeftOut } from "../../../../functions/_shared/restore/restore_context.ts";
import { depends, fact, facts, schema, table, targetInfo } from "../../../support/facts.ts";

const further = (intentKind: string, name: string) => ({ kind: "extensionIntent", ext: "holdfast", intentKind, key: JSON.stringify(["public", name]) }) as const;
const mine = further("operator class", "mine");
const plain = further("cast", "plain");
const binary = further("cast", "binary");
const desired = facts([
  fact(schema("public")), fact(table("a"), {}, schema("public")), fact(table("b"), {}, schema("public")),
  fact(mine, { statements: ["create operator class mine"], owner: "gone" }, schema("public")), fact(plain, { statements: ["create cast (a as b) with function f(a)"], owner: null }, schema("public")),
  fact(binary, { statements: ["create cast (a as b) without function"], owner: null }, schema("public")),
], [depends(table("a"), mine)]);

describe("adaptFurther()", () => {
  it("adaptFurther() leaves out what only a superuser can make, with what needs it, and says so", () => {
    const leftOut: LeftOut[] = [];
    const adapted = adaptFurther(desired, facts([]), targetInfo(), leftOut);
    expect([mine, binary, table("a")].map((id) => adapted.has(id))).toEqual([false, false, false]);
    expect([plain, table("b")].map((id) => adapted.has(id))).toEqual([true, true]);
    expect(leftOut.map(({ reason, subject }) => `${reason} ${subject}`).sort()).toEqual(["role cast public.binary", "role operator class public.mine", "role table public.a"]);
  });

  it("adaptFurther() keeps it where the target has it already, and for a superuser", () => {
    const leftOut: LeftOut[] = [];
    const there = facts([fact(schema("public")), fact(mine, { owner: "gone" }, schema("public")), fact(binary, {}, schema("public"))]);
    expect(adaptFurther(desired, there, targetInfo(), leftOut)).toBe(desired);
    expect(leftOut).toEqual([]);
    const roles = new Map([["gone", { isMember: false }]]);
    expect(adaptFurther(desired, facts([]), targetInfo({ isSuperuser: true, roles }), leftOut)).toBe(desired);
  });

  it("adaptFurther() gives to who restores what belonged to a role that is missing", () => {
    const leftOut: LeftOut[] = [];
    const adapted = adaptFurther(desired, facts([]), targetInfo({ isSuperuser: true }), leftOut);
    expect(adapted.get(mine)?.payload["owner"]).toBe("postgres");
    expect(leftOut).toEqual([expect.objectContaining({ reason: "role", subject: "ownership by gone" })]);
  });
});
