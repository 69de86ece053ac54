import { describe, expect, it } from "vitest";
import type { DoctorCheck } from "../../../../functions/_shared/doctor/doctor_finding.ts";
import { runDoctorChecks } from "../../../../functions/_shared/doctor/run_doctor_checks.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";

const check = (name: string, verdict: "passed" | "failed" | "skipped" | "inconclusive", needs: string[] = []): DoctorCheck<null> =>
  ({ name, needs, look: () => Promise.resolve({ verdict, seen: `saw ${name}`, fix: verdict === "failed" ? "repair" : null }) });
const throws = (error: unknown): DoctorCheck<null> => ({ name: "a", look: () => Promise.reject(error) });

describe("runDoctorChecks()", () => {
  it("runDoctorChecks() does not look where a need did not pass, and names the first cause", async () => {
    const started: string[] = [];
    const results = await runDoctorChecks([check("a", "failed"), check("b", "passed", ["a"]), check("c", "passed", ["b"]), check("d", "passed")], null, (name) => started.push(name));
    expect(results).toEqual([
      { name: "a", verdict: "failed", seen: "saw a", fix: "repair", blockedBy: null },
      { name: "b", verdict: "inconclusive", seen: "not looked at, as a did not pass", fix: null, blockedBy: "a" },
      { name: "c", verdict: "inconclusive", seen: "not looked at, as a did not pass", fix: null, blockedBy: "a" },
      { name: "d", verdict: "passed", seen: "saw d", fix: null, blockedBy: null }]);
    expect(started).toEqual(["a", "d"]);
  });

  it("runDoctorChecks() skips what needs something that does not apply", async () => {
    expect(await runDoctorChecks([check("a", "skipped"), check("b", "passed", ["a"])], null)).toMatchObject([{}, { verdict: "skipped", seen: "saw a", blockedBy: "a" }]);
  });

  it("runDoctorChecks() shows a check what came before it, and takes several answers", async () => {
    const many: DoctorCheck<null> = { name: "many", look: (_, before) => Promise.resolve(before.map(({ name }) => ({ name: `after ${name}`, verdict: "passed" as const, seen: "", fix: null, blockedBy: null }))) };
    expect((await runDoctorChecks([check("a", "passed"), many], null)).map(({ name }) => name)).toEqual(["a", "after a"]);
  });

  it("runDoctorChecks() is in doubt after an error, with its words where they hold no rows", async () => {
    const seen = async (error: unknown) => (await runDoctorChecks([throws(error)], null))[0];
    expect(await seen(new HoldfastError("HF203", "no answer", { detail: "ECONNRESET", hint: "Try again." }))).toEqual({ name: "a", verdict: "inconclusive", seen: "HF203: no answer: ECONNRESET", fix: "Try again.", blockedBy: null });
    expect(await seen(Object.assign(new Error("permission denied for table pets"), { code: "42501" }))).toMatchObject({ verdict: "inconclusive", seen: "the database refused the question: permission denied for table pets (42501)" });
    const leaking = await seen(Object.assign(new Error('invalid input: "a secret row"'), { code: "22P02" }));
    expect(leaking).toMatchObject({ verdict: "inconclusive", seen: expect.stringMatching(/^could not look: Error 22P02/) });
    expect(leaking?.seen).not.toContain("secret row");
  });
});
