import { describe, expect, it } from "vitest";
import { leaveGuests } from "../../../../functions/_shared/restore/leave_guests.ts";
import type { LeftOut } from "../../../../functions/_shared/restore/restore_context.ts";
import { fact, facts, schema, table } from "../../../support/facts.ts";

const policy = { kind: "policy", schema: "realtime", table: "messages", name: "room members" } as const;
const comment = { kind: "comment", target: policy } as const;
const backup = facts([fact(schema("public")), fact(policy), fact(comment, { text: "c" }, policy)]);

describe("leaveGuests()", () => {
  it("leaveGuests() keeps a policy where the platform of the target has its table", () => {
    const leftOut: LeftOut[] = [];
    const present = facts([fact(schema("realtime")), fact(table("messages", "realtime"), {}, schema("realtime"))]);
    expect(leaveGuests(backup, present, leftOut).facts()).toHaveLength(3);
    expect(leftOut).toEqual([]);
  });

  it("leaveGuests() leaves it out with its comment where there is no such table, and says so", () => {
    const leftOut: LeftOut[] = [];
    expect(leaveGuests(backup, facts([]), leftOut).facts().map(({ id }) => id.kind)).toEqual(["schema"]);
    expect(leftOut).toEqual([{ reason: "platform", subject: "policy room members of realtime.messages", message: "The table is the platform's to make, and the target does not have it." }]);
  });
});
