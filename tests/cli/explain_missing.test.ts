import { describe, expect, it } from "vitest";
import { explainMissing } from "../../cli/explain_missing.ts";

const serverError = (code: string, message: string) => Object.assign(new Error(message), { code });

describe("explainMissing()", () => {
  it.each([["3F000", 'schema "backup" does not exist'], ["42P01", 'relation "backup.status" does not exist'], ["42883", "function backup.start_run(unknown) does not exist"]])(
    "explainMissing() turns %s about schema backup into HF105", (code, message) => {
      expect(explainMissing(serverError(code, message))).toMatchObject({ code: "HF105", detail: message, hint: expect.stringMatching(/npx holdfast upgrade.* npx supabase db push --remote;/) });
    });

  it("explainMissing() turns a missing column into HF105: the ledger is older than the command", () => {
    expect(explainMissing(serverError("42703", "column s.object_lock does not exist"))).toMatchObject({ code: "HF105", message: expect.stringContaining("not the one that this version needs"), hint: expect.stringContaining("npx holdfast upgrade") });
  });

  it("explainMissing() turns a missing right into HF106", () => {
    const message = "permission denied for schema backup";
    expect(explainMissing(serverError("42501", message))).toMatchObject({ code: "HF106", detail: message, exitCode: 3, hint: expect.stringContaining("holdfast doctor") });
  });

  it("explainMissing() translates codes of the catalogue and leaves other errors as they are", () => {
    expect(explainMissing(serverError("HF002", "run x is still active"))).toMatchObject({ name: "HoldfastError", code: "HF002" });
    for (const other of [serverError("42P01", 'relation "public.pets" does not exist'), serverError("22012", "backup by zero"), "text"]) expect(explainMissing(other)).toBe(other);
  });
});
