import type { StableId } from "@supabase/pg-delta/core";
import { describe, expect, it } from "vitest";
import { sleepingEventTriggers } from "../../../../functions/_shared/restore/sleeping_event_triggers.ts";
import { fact, facts, table } from "../../../support/facts.ts";

const id: StableId = { kind: "eventTrigger", name: 'He"ar' };
const payload = (enabled: string, change: object = {}) => ({ enabled, event: "sql_drop", functionSchema: "public", functionName: "hear", ...change });
const sql = (enabled: string, there: Record<string, unknown> | undefined) =>
  sleepingEventTriggers(facts([fact(table("t"), { enabled: "O" }), fact(id, payload(enabled))]), () => there).map((one) => one.sql);

describe("sleepingEventTriggers()", () => {
  it.each([["O", "enable"], ["A", "enable always"], ["R", "enable replica"]])("sleepingEventTriggers() says how one becomes %s again", (enabled, words) => {
    expect(sql(enabled, payload("D"))).toEqual([`alter event trigger "He""ar" ${words}`]);
  });

  it("sleepingEventTriggers() leaves out what is disabled in the source, enabled or missing in the target, or another one of that name", () => {
    expect([sql("D", payload("D")), sql("A", payload("A")), sql("A", undefined), sql("A", payload("D", { functionName: "other" })), sql("A", payload("D", { event: "login" }))])
      .toEqual([[], [], [], [], []]);
  });
});
