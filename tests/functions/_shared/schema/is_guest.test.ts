import { describe, expect, it } from "vitest";
import { GUEST_SCHEMA, isGuest } from "../../../../functions/_shared/schema/is_guest.ts";
import { fact, table } from "../../../support/facts.ts";

describe("isGuest()", () => {
  it("isGuest() knows a policy without its table, and nothing else", () => {
    const policy = { kind: "policy", schema: GUEST_SCHEMA, table: "messages", name: "p" } as const;
    expect(isGuest(fact(policy))).toBe(true);
    expect(isGuest(fact(policy, {}, table("messages", GUEST_SCHEMA)))).toBe(false);
    expect(isGuest(fact({ ...policy, schema: "public" }))).toBe(false);
    expect(isGuest(fact(table("messages", GUEST_SCHEMA)))).toBe(false);
  });
});
