import { describe, expect, it } from "vitest";
import { isProvenBy, parseProof, type Proof } from "../../../../functions/_shared/prove/proof.ts";
import { manifestOf, memoryBackup, memoryStorage, text } from "../../../support/memory_backup.ts";
import { sampleProof } from "../../../support/sample_proof.ts";

describe("parseProof()", () => {
  it("parseProof() reads what is stored", () => expect(parseProof(text(JSON.stringify(sampleProof())))).toEqual(sampleProof()));

  it.each([["no JSON", "{"], ["another format", JSON.stringify({ ...sampleProof(), format: "x" })], ["a newer version", JSON.stringify({ ...sampleProof(), format_version: 2 })], ["an odd verdict", JSON.stringify({ ...sampleProof(), verdict: "ok" })]])(
    "parseProof() refuses %s with HF306", (_name, content) => expect(() => parseProof(text(content))).toThrow(expect.objectContaining({ code: "HF306" })));

  it("parseProof() names the first field that does not fit", () => {
    expect(() => parseProof(text(JSON.stringify({ ...sampleProof(), manifest_sha256: "x" })))).toThrow(expect.objectContaining({ detail: expect.stringContaining("manifest_sha256") }));
  });
});

describe("isProvenBy()", () => {
  const backup = memoryBackup(memoryStorage(), manifestOf());
  it.each<[string, Partial<Proof>, boolean]>([
    ["all of this very backup", {}, true], ["one that failed", { verdict: "failed" }, false], ["one that could not look", { verdict: "inconclusive" }, false], ["a part", { scope: "partial" }, false],
    ["another run", { run_id: "20261123T205500Z-ffffff" }, false], ["another manifest of this run", { manifest_sha256: "1".repeat(64) }, false],
  ])("isProvenBy() judges a proof of %s", (_name, change, proven) => expect(isProvenBy(backup, sampleProof(change))).toBe(proven));
});
