import { describe, expect, it } from "vitest";
import { nextRun, parseSchedule } from "../../../stack/cron/next_run.ts";

describe("nextRun()", () => {
  it.each([
    ["* * * * *", "2026-01-01T00:01:00.000Z"],
    ["0 2 * * 0", "2026-01-04T02:00:00.000Z"],
    ["*/15 6-8 * * 1-5", "2026-01-01T06:00:00.000Z"],
    ["0 0 $ * *", "2026-01-31T00:00:00.000Z"],
    ["@weekly", "2026-01-04T00:00:00.000Z"],
    ["10 seconds", "2026-01-01T00:00:40.000Z"],
    ["1 second", "2026-01-01T00:00:31.000Z"],
  ])("nextRun() of %s is %s, in UTC", (text, expected) => {
    const schedule = parseSchedule(text);
    if (schedule === undefined) throw new Error("The schedule was not understood");
    expect(nextRun(schedule, new Date("2026-01-01T00:00:30Z"))?.toISOString()).toBe(expected);
  });

  it.each(["", "60 seconds", "0 seconds", "* * * *", "* * * * * *", "61 * * * *", "tomorrow"])("parseSchedule() refuses %j", (text) => {
    expect(parseSchedule(text)).toBeUndefined();
  });
});
