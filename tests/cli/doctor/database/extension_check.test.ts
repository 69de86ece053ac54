import { describe, expect, it } from "vitest";
import { optionalExtension, requiredExtension } from "../../../../cli/doctor/database/extension_check.ts";
import { DoctorSession } from "../../../../cli/doctor/doctor_session.ts";

const session = (usable: boolean, version: string | null, external = false) => {
  const made = new DoctorSession({ env: {}, databaseUrl: () => "" });
  made.askOne = (row) => Promise.resolve(row.parse({ usable, version, external }));
  return made;
};
const wanted = { name: "x", usable: "true", fix: "create extension x;" };

describe("requiredExtension()", () => {
  it("requiredExtension() fails without it, and tells a closed one from a missing one", async () => {
    const { look } = requiredExtension(wanted);
    expect(await look(session(true, "1.6"), [])).toMatchObject({ verdict: "passed", seen: "version 1.6" });
    expect(await look(session(false, null), [])).toMatchObject({ verdict: "failed", seen: "not installed", fix: "create extension x;" });
    expect(await look(session(false, "1.6"), [])).toMatchObject({ verdict: "failed", seen: "version 1.6 is installed, but this role may not use it" });
    expect(await look(session(false, null, true), [])).toMatchObject({ verdict: "skipped" });
  });
});

describe("optionalExtension()", () => {
  it("optionalExtension() skips what is not there and says what is lost", async () => {
    const { look } = optionalExtension(wanted, "nothing counts the stars");
    expect(await look(session(true, null), [])).toMatchObject({ verdict: "passed", seen: "usable" });
    expect(await look(session(false, null), [])).toEqual({ verdict: "skipped", seen: "not usable: nothing counts the stars", fix: "create extension x;" });
  });
});
