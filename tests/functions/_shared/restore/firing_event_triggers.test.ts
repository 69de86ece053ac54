import { describe, expect, it } from "vitest";
import { firingEventTriggers } from "../../../../functions/_shared/restore/firing_event_triggers.ts";

const one = (name: string, enabled: string, event = "ddl_command_end") => ({ name, enabled, event });
const ALL = [one("usual", "O"), one("always", "A"), one("replica", "R"), one("greet", "O", "login")];

describe("firingEventTriggers()", () => {
  const names = (isQuiet: boolean) => firingEventTriggers(ALL, isQuiet).map(({ name }) => name);

  it("firingEventTriggers() names all, and for replicas those that listen to them, and to logins", () => {
    expect(names(false)).toEqual(["usual", "always", "replica", "greet"]);
    expect(names(true)).toEqual(["always", "replica", "greet"]);
  });
});
