import { describe, expect, it } from "vitest";
import { concludeProof } from "../../../../functions/_shared/prove/conclude_proof.ts";
import { proofSchema } from "../../../../functions/_shared/prove/proof.ts";
import { finding, type ProveContext, type StepResult } from "../../../../functions/_shared/prove/proof_step.ts";
import { manifestOf, memoryBackup, memoryStorage } from "../../../support/memory_backup.ts";

const TIME = { startedAt: new Date("2026-11-24T01:00:00Z"), finishedAt: new Date("2026-11-24T01:00:10Z") };
const target = { database: "fresh", version: "17.0", versionNum: 170_000, role: "postgres" } as ProveContext["target"];
const table = { schema: "public", name: "pets", rows: 3, fingerprint: "0000000000000007", columns: ["id"] } as ProveContext["tables"][number];
const context = (change: Partial<ProveContext> = {}): ProveContext => ({
  backup: memoryBackup(memoryStorage(), manifestOf()), target, tables: [table], leftOut: [], options: { only: null, dataOnly: false, schemaOnly: false }, ...change });
const result = (change: Partial<StepResult>): StepResult => ({ check_name: "check_indexes", seconds: 1, findings: [], measures: [], left_out: [], ...change });
const measure = (part: number, parts: number, rows: string, sum: string) => ({ schema: "public", name: "pets", part, parts, rows, sum });
const verdictsOf = (results: StepResult[]) => concludeProof(context(), results, TIME).findings.map((one) => `${one.check_name} ${one.verdict}`);

describe("concludeProof()", () => {
  it("concludeProof() compares rows and fingerprints over all parts of a table", () => {
    const proof = concludeProof(context(), [result({ measures: [measure(1, 2, "1", "-1")] }), result({ measures: [measure(0, 2, "2", "8")] })], TIME);
    expect(proof).toMatchObject({ verdict: "passed", scope: "full", seconds: 10, work_seconds: 2, manifest_sha256: "0".repeat(64) });
    expect(proof.findings).toMatchObject([{ check_name: "check_row_counts", verdict: "passed" }, { check_name: "check_fingerprints", verdict: "passed", actual: "fingerprint 0000000000000007" }]);
    expect(proofSchema.safeParse(proof).success).toBe(true);
  });

  it.each<[string, StepResult[], string[]]>([
    ["a row too many", [result({ measures: [measure(0, 1, "4", "7")] })], ["check_row_counts failed", "check_fingerprints passed"]],
    ["other contents", [result({ measures: [measure(0, 1, "3", "8")] })], ["check_row_counts passed", "check_fingerprints failed"]],
    ["a part that nobody read", [result({ measures: [measure(0, 2, "3", "7")] })], ["check_fingerprints inconclusive"]],
    ["nothing read at all", [], ["check_fingerprints inconclusive"]],
  ])("concludeProof() notices %s", (_name, results, expected) => expect(verdictsOf(results)).toEqual(expected));

  it("concludeProof() is as bad as the worst finding, and says inconclusive before passed", () => {
    const good = result({ measures: [measure(0, 1, "3", "7")] });
    const verdict = (given: "failed" | "inconclusive" | "skipped") => concludeProof(context(), [good, result({ findings: [finding("check_indexes", "i", given, null, null)] })], TIME).verdict;
    expect([verdict("failed"), verdict("inconclusive"), verdict("skipped")]).toEqual(["failed", "inconclusive", "passed"]);
  });

  it("concludeProof() orders findings by check and subject, counts each check, and says once what was skipped twice", () => {
    const skipped = finding("check_indexes", "amcheck", "skipped", null, "not installed");
    const proof = concludeProof(context({ tables: [], leftOut: [{ reason: "role", subject: "a", message: "b" }] }), [
      result({ findings: [skipped, finding("check_indexes", "b", "passed", null, null)], seconds_by_check: { check_indexes: 0.5 }, left_out: [{ reason: "role", subject: "a", message: "b" }] }),
      result({ findings: [skipped, finding("check_schema", "s", "passed", null, null), finding("check_indexes", "a", "failed", null, null)] })], TIME);
    expect(proof.findings.map((one) => `${one.check_name} ${one.subject}`)).toEqual(["check_schema s", "check_indexes a", "check_indexes amcheck", "check_indexes b"]);
    expect(proof.checks).toMatchObject([{ check_name: "check_schema", verdict: "passed" }, { check_name: "check_indexes", verdict: "failed", passed: 1, failed: 1, skipped: 1, seconds: 1.5 }]);
    expect(proof.left_out).toEqual([{ reason: "role", subject: "a", message: "b" }]);
  });

  it("concludeProof() of a part says so", () => {
    expect(concludeProof(context({ options: { only: null, dataOnly: true, schemaOnly: false } }), [], TIME).scope).toBe("partial");
  });
});
