import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AREAS, DOCTOR_CHECKS } from "../../../cli/doctor/registry.ts";
import { REPO_ROOT } from "../../../stack/repo_root.ts";

describe("DOCTOR_CHECKS", () => {
  it("DOCTOR_CHECKS has every check once, in an area, after what it needs", () => {
    const names = DOCTOR_CHECKS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    DOCTOR_CHECKS.forEach(({ name, needs = [], after = [] }, at) => {
      expect(AREAS, name).toContain(name.split("/")[0]);
      for (const other of [...needs, ...after]) expect(names.slice(0, at), `${name} after ${other}`).toContain(other);
    });
  });

  it("DOCTOR_CHECKS are explained in docs/doctor.md", () => {
    const page = readFileSync(join(REPO_ROOT, "docs", "doctor.md"), "utf8");
    const unexplained = DOCTOR_CHECKS.map(({ name }) => name.split("/").slice(1).join("/")).filter((name) => !page.includes(`\`${name}\``));
    // The functions are explained as one.
    expect(unexplained.filter((name) => !/^[a-z]+-[a-z]+$/.test(name) && name !== "inside")).toEqual([]);
  });
});
