import { describe, expect, it } from "vitest";
import { alertsSection, checksSection, notCoveredSection, objectivesSection, tablesSection, verdictSection } from "../../../../../functions/_shared/report/page/report_sections.ts";
import type { VerificationFinding } from "../../../../../functions/_shared/report/read_verification.ts";
import { reportData } from "../../../../support/report_data.ts";

const data = reportData();

describe("verdictSection()", () => {
  it("verdictSection() says the verdict in words and in colour", () => expect(verdictSection({ level: "bad", title: "Failing", reason: "a < b" }).text).toMatch(/class="verdict bad".*>Failing<.*a &lt; b/));
});

describe("alertsSection()", () => {
  it("alertsSection() lists open alerts, and is not there without any", () => {
    expect(alertsSection(data).text).toBe("");
    const { text } = alertsSection({ ...data, alerts: [{ cause: "drill_overdue", severity: "warning", message: "No drill", occurrences: 3, raised_at: "2026-11-22T01:00:00Z", last_seen: "2026-11-23T01:00:00Z" }] });
    for (const part of ["Open alerts", "No drill", 'value="3"', "2026-11-23 01:00 UTC"]) expect(text).toContain(part);
  });
});

describe("objectivesSection()", () => {
  it("objectivesSection() puts what was measured beside the target", () => {
    const { text } = objectivesSection({ ...data, objectives: data.objectives.map((one) => ({ ...one, met: one.name === "rto" })) });
    for (const part of ['data-fact="rto.measured" value="600">10 min<', 'data-fact="rto.target" value="14400">4 h<', 'class="card bad"><h3>RPO', "not met", 'data-fact="drill.prove" value="150"', "yes, and found equal"]) expect(text).toContain(part);
  });

  it("objectivesSection() never takes what was not measured for met", () => {
    const { text } = objectivesSection({ ...data, newest: null, drills: [], objectives: [{ name: "rto", target_seconds: 60, measured_seconds: null, met: null, basis: "no drill has passed yet", extrapolated_seconds: null, unverified_seconds: null }] });
    for (const part of ["not measured", ">unknown<", "No backup has been proven by restoring it."]) expect(text).toContain(part);
    expect(text).not.toContain(">met<");
  });
});

describe("checksSection()", () => {
  it("checksSection() opens what needs a person and puts it first", () => {
    const { verification } = data;
    if (verification === null) throw new Error("The sample has a verification");
    const found = (given: Partial<VerificationFinding>) => ({ check_name: "a_passed", subject: "s", verdict: "passed" as const, expected: null, actual: null, evidence: {}, duration_ms: null, ...given });
    const { text } = checksSection({ ...data, verification: { ...verification, verdict: "failed", findings: [found({}), found({ check_name: "b_failed", verdict: "failed", evidence: { rows: 1 } }), found({ check_name: "b_failed" })] } });
    expect([...text.matchAll(/<details( open)?><summary><code>(\w+)/g)].map(([, open, name]) => [name, open])).toEqual([["b_failed", " open"], ["a_passed", undefined]]);
    expect(text).toContain("{ &quot;rows&quot;: 1 }");
    expect(text).toContain('data-fact="check.b_failed.answers" value="2"');
  });

  it("checksSection() says that there has been none", () => expect(checksSection({ ...data, verification: null }).text).toContain("No verification has finished yet"));
});

describe("tablesSection()", () => {
  it("tablesSection() shows rows, the change, and why something was not copied", () => {
    const { text } = tablesSection(data);
    for (const part of ['data-fact="table.public.pets.rows" value="1000"', '+<data data-fact="table.public.pets.delta" value="10"', "not copied: foreign table"]) expect(text).toContain(part);
    expect(tablesSection({ ...data, tables: [] }).text).toBe("");
  });
});

describe("notCoveredSection()", () => {
  it("notCoveredSection() names what this backup and what no backup covers", () => {
    const { newest } = data;
    if (newest === null) throw new Error("The sample has a restore point");
    const { text } = notCoveredSection({ ...data, newest: { ...newest, warnings: [{ code: "foreign_table", subject: "public.remote", message: "rows live elsewhere" }] } });
    for (const part of ["rows live elsewhere", "Vault", "Edge Functions", "Storage"]) expect(text).toContain(part);
  });
});
