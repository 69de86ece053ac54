import type { StableId } from "@supabase/pg-delta/core";
import { describe, expect, it } from "vitest";
import { adaptEventTriggers } from "../../../../functions/_shared/restore/adapt_event_triggers.ts";
import { fact, facts, table } from "../../../support/facts.ts";

const hear: StableId = { kind: "eventTrigger", name: "hear" };
const of = (enabled?: string) => facts([fact(table("t"), { enabled: "O" }), ...(enabled === undefined ? [] : [fact(hear, { enabled, event: "sql_drop" })])]);

describe("adaptEventTriggers()", () => {
  it.each(["O", "A", "R"])("adaptEventTriggers() disables what is enabled in the backup (%s), whether it is missing or disabled in the target", (enabled) => {
    for (const there of [undefined, "D"]) expect(adaptEventTriggers(of(enabled), of(there)).get(hear)?.payload).toEqual({ enabled: "D", event: "sql_drop" });
  });

  it("adaptEventTriggers() leaves what the target has enabled, what is disabled anyway, and everything else, as it is", () => {
    const [enabled, disabled, none] = [of("O"), of("D"), of()];
    expect([adaptEventTriggers(enabled, of("O")), adaptEventTriggers(disabled, none), adaptEventTriggers(none, none)]).toEqual([enabled, disabled, none]);
    expect(adaptEventTriggers(enabled, none).get(table("t"))?.payload).toEqual({ enabled: "O" });
  });
});
