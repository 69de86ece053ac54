import { describe, expect, it } from "vitest";
import { planningReason } from "../../../../functions/_shared/schema/planning_reason.ts";

describe("planningReason()", () => {
  it("planningReason() tells the reason and none of the statements", () => {
    expect(planningReason(new Error("dependency cycle among 2 actions:\n  CREATE FUNCTION f() AS 'password'"))).toBe("dependency cycle among 2 actions");
    expect(planningReason(new Error('no producer: action "CREATE VIEW v AS\nSELECT \'password\'" consumes table:x'))).toBe("no producer: an action consumes table:x");
    expect(planningReason("nothing")).toBeUndefined();
  });
});
