import type { Client } from "pg";
import { describe, expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { finding, findingOfError, isPartial, type ProofStep, runStep, subjectOf } from "../../../../functions/_shared/prove/proof_step.ts";

const sqlError = (code: string) => Object.assign(new Error('Key (email)=(somebody@example.com) is a value'), { code });
const OPTIONS = { only: null, dataOnly: false, schemaOnly: false };

describe("isPartial()", () => {
  it("isPartial() is false only of a restore of everything", () => {
    expect([OPTIONS, { ...OPTIONS, dataOnly: true }, { ...OPTIONS, schemaOnly: true }, { ...OPTIONS, only: { tables: [], schemas: [] } as never }].map((options) => isPartial({ options }))).toEqual([false, true, true, true]);
  });
});

describe("finding()", () => {
  it("finding() has no evidence unless it is given", () => expect(finding("c", "s", "passed", null, "x")).toEqual({ check_name: "c", subject: "s", verdict: "passed", expected: null, actual: "x", evidence: {} }));
});

describe("subjectOf()", () => {
  it("subjectOf() quotes names that SQL would not read as they are", () => expect([subjectOf({ schema: "a", name: "b_1" }), subjectOf({ schema: "A", name: 'x"y' })]).toEqual(["a.b_1", '"A"."x""y"']));
});

describe("findingOfError()", () => {
  it.each([["42P01", "failed"], ["42703", "failed"], ["42883", "failed"], ["XX001", "failed"], ["42501", "inconclusive"], ["57014", "inconclusive"], ["55P03", "inconclusive"], ["22P02", "inconclusive"]])(
    "findingOfError() takes SQLSTATE %s for %s and keeps its message, which may quote a row, to itself", (code, verdict) => {
      const found = findingOfError("c", "s", "e", sqlError(code));
      expect(found).toMatchObject({ verdict, evidence: { sqlstate: code } });
      expect(JSON.stringify(found)).not.toContain("somebody");
    });

  it.each([["a lost connection", sqlError("08006")], ["a server that shuts down", sqlError("57P01")], ["a bug", new TypeError("x")], ["an error of its own", new HoldfastError("HF203", "S3 is away")]])(
    "findingOfError() throws %s", (_name, error) => expect(() => findingOfError("c", "s", "e", error)).toThrow(error));
});

describe("runStep()", () => {
  const statements: string[] = [];
  const session = (role: string) => ({ query: (text: string) => {
    statements.push(text);
    return Promise.resolve({ rows: text.includes("current_setting") ? [{ role }] : [] });
  } }) as unknown as Client;
  const step = (run: ProofStep["run"]): ProofStep => ({ id: "step", check_name: "check_indexes", weight: 1, heavy: false, run });

  it("runStep() puts the settings right, fires triggers as usual, and times the step", async () => {
    const result = await runStep(session("replica"), step(() => Promise.resolve({ findings: [finding("check_indexes", "i", "passed", null, null)] })));
    expect(result).toMatchObject({ check_name: "check_indexes", measures: [], left_out: [], findings: [{ subject: "i" }], seconds: expect.any(Number) });
    expect(statements.at(-1)).toMatch(/set row_security = off.*set session_replication_role = origin$/s);
    await runStep(session("origin"), step(() => Promise.resolve({ findings: [] })));
    expect(statements.at(-1)).not.toContain("session_replication_role");
  });

  it("runStep() names an object that cannot be read, and does not call its check answered", async () => {
    const { findings } = await runStep(session("origin"), step(() => Promise.reject(new HoldfastError("HF501", "Object x is damaged", { detail: "3 bytes" }))));
    expect(findings).toMatchObject([{ check_name: "check_object_checksums", verdict: "failed", actual: "Object x is damaged: 3 bytes" }, { check_name: "check_indexes", verdict: "inconclusive" }]);
  });

  it("runStep() throws what is about neither", async () => {
    await expect(runStep(session("origin"), step(() => Promise.reject(sqlError("08006"))))).rejects.toMatchObject({ code: "08006" });
  });
});
