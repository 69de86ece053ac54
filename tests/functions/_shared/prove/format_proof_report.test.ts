import { describe, expect, it } from "vitest";
import { formatProofReport } from "../../../../functions/_shared/prove/format_proof_report.ts";
import { sampleProof } from "../../../support/sample_proof.ts";

describe("formatProofReport()", () => {
  it("formatProofReport() says the verdict first, and what was compared", () => {
    const lines = formatProofReport(sampleProof()).split("\n");
    expect(lines[0]).toBe("# Restore proof: passed");
    for (const line of ["| Restore point | clinic 20261123T205500Z-a1b2c3 |", "| Compared | 2 tables, 1,234 rows |", "| Target | fresh, PostgreSQL 17.0, as postgres |", "| Row counts | passed | 2 | 0 | 0 | 0 | 2 s |", "Nothing was left out."]) expect(lines).toContain(line);
  });

  it("formatProofReport() puts what needs a person before the checks, and each under its verdict", () => {
    const report = formatProofReport(sampleProof({
      verdict: "failed", scope: "partial", left_out: [{ reason: "platform", subject: "rows of auth.x", message: "Its own." }],
      findings: [{ check_name: "check_indexes", subject: "a|b", verdict: "failed", expected: "it is there", actual: "it is missing", evidence: {} },
        { check_name: "run_tests", subject: "t", verdict: "inconclusive", expected: null, actual: "error 42501", evidence: {} },
        { check_name: "check_access_probes", subject: "p", verdict: "skipped", expected: null, actual: "none registered", evidence: {} }],
    }));
    expect([...report.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title)).toEqual(["Restore proof: FAILED", "Failed", "Inconclusive: could not be checked", "Checks", "Skipped", "What of the backup is not in the target"]);
    for (const part of ["**Only a part of the backup was restored.", "| Indexes | a\\|b | it is there | it is missing |", "| pgTAP tests | t |  | error 42501 |", "| platform | rows of auth.x | Its own. |"]) expect(report).toContain(part);
  });

  it("formatProofReport() stays readable with thousands of findings, and says how many it left out", () => {
    const findings = Array.from({ length: 150 }, (_, n) => ({ check_name: "check_schema", subject: `s${n}`, verdict: "failed" as const, expected: null, actual: null, evidence: {} }));
    expect(formatProofReport(sampleProof({ verdict: "failed", findings }))).toContain("50 more are in the proof itself.");
  });
});
