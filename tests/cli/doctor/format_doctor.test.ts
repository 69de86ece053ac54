import { describe, expect, it } from "vitest";
import { formatDoctor } from "../../../cli/doctor/format_doctor.ts";
import { createPalette } from "../../../cli/palette.ts";
import type { DoctorResult } from "../../../functions/_shared/doctor/doctor_finding.ts";

const one = (name: string, verdict: DoctorResult["verdict"], seen: string, fix: string | null = null, blockedBy: string | null = null): DoctorResult => ({ name, verdict, seen, fix, blockedBy });

describe("formatDoctor()", () => {
  it("formatDoctor() groups by area, puts each fix below what it repairs, and tells in one line what was not looked at", () => {
    expect(formatDoctor({ verdict: "failed", results: [
      one("database/connection", "failed", "the login is refused", "export X=…"),
      one("database/schema", "inconclusive", "", null, "database/connection"),
      one("database/build", "inconclusive", "", null, "database/connection"),
      one("bucket/settings", "skipped", "not set", "export Y=…"),
      one("bucket/write", "skipped", "not set", null, "bucket/settings"),
      one("alerts/open", "passed", "none is open"),
    ] }, createPalette(false))).toBe(`database
  failed        connection  the login is refused
                fix: export X=…
  not looked at schema, build: database/connection did not pass

bucket
  skipped       settings    not set
                to change that: export Y=…

alerts
  passed        open        none is open

failed: 1 failed, 2 inconclusive, 2 skipped, 1 passed`);
  });

  it("formatDoctor() lets nothing that a server says steer the terminal", () => {
    expect(formatDoctor({ verdict: "failed", results: [one("alerts/open", "failed", "a\nb\u001b[2J", "c\rd")] }, createPalette(false))).toContain("a b [2J\n                fix: c d");
  });
});
