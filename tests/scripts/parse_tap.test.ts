import { describe, expect, it } from "vitest";
import { parseTap } from "../../scripts/parse_tap.ts";

describe("parseTap()", () => {
  it("passes what was planned and ran", () => {
    expect(parseTap("1..2\nok 1 - one\nok 2 - two")).toEqual({ passed: 2, failed: 0, failures: [], problems: [] });
  });

  it("accepts a plan at the end, as no_plan() prints it", () => {
    expect(parseTap("ok 1 - one\n1..1").failed).toBe(0);
  });

  it("names a failed assertion", () => {
    const result = parseTap("1..2\nok 1 - one\nnot ok 2 - two\n# Failed test 2: \"two\"");
    expect(result).toEqual({ passed: 1, failed: 1, failures: ["2 - two"], problems: [] });
  });

  it("fails output without a plan", () => {
    expect(parseTap("ok 1 - one")).toMatchObject({ passed: 1, failed: 1, problems: ["no plan"] });
  });

  it("fails empty output", () => {
    expect(parseTap("")).toMatchObject({ passed: 0, failed: 1, problems: ["no plan"] });
  });

  it("counts every assertion that was planned and never ran", () => {
    expect(parseTap("1..4\nok 1 - one")).toMatchObject({ passed: 1, failed: 3, problems: ["planned 4 but ran 1"] });
  });

  it("fails more assertions than planned", () => {
    expect(parseTap("1..1\nok 1\nok 2")).toMatchObject({ passed: 2, failed: 1, problems: ["planned 1 but ran 2"] });
  });

  it("fails a second plan and an assertion out of sequence", () => {
    expect(parseTap("1..2\nok 1\n1..2\nok 3").problems).toEqual(["planned twice", "assertion 3 came in place 2"]);
  });

  it("fails an interruption, also after a complete plan", () => {
    expect(parseTap("1..1\nok 1 - one", "SQL error 42P01 gone")).toMatchObject({ passed: 1, failed: 1, problems: ["SQL error 42P01 gone"] });
  });

  it("fails a bail-out and reads nothing behind it", () => {
    const result = parseTap("1..2\nok 1\nBail out! no database\nok 2");
    expect(result).toMatchObject({ passed: 1, failed: 1, problems: ["bailed out: no database", "planned 2 but ran 1"] });
  });

  it("passes assertions that are skipped, and failures that are to do", () => {
    const tap = "1..3\nok 1 # SKIP: not here\nnot ok 2 - later # todo soon\nok 3 - done # todo";
    expect(parseTap(tap)).toEqual({ passed: 3, failed: 0, failures: [], problems: [] });
  });

  it("does not take an escaped hash in a name for a directive", () => {
    expect(parseTap("1..1\nnot ok 1 - counts \\# todo items").failed).toBe(1);
  });

  it("passes a file that skips itself with an empty plan", () => {
    expect(parseTap("1..0 # SKIP no pg_cron")).toEqual({ passed: 0, failed: 0, failures: [], problems: [] });
  });

  it("leaves the assertions of subtests to the line that sums them up", () => {
    expect(parseTap("1..1\n    not ok 1 - inner # todo\n    1..1\nok 1 - outer").passed).toBe(1);
  });
});
