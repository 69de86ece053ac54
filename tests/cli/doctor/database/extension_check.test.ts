import { describe, expect, it } from "vitest";
import { optionalExtension, requiredExtension } from "../../../../cli/doctor/database/extension_check.ts";
import { DoctorSession } from "../../../../cli/doctor/doctor_session.ts";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { createTestDatabase } from "../../../support/database.ts";
import { queryRows } from "../../../support/query_rows.ts";

const session = (usable: boolean, version: string | null, external = false, { offered = true, creatable = true } = {}) => {
  const made = new DoctorSession({ env: {}, databaseUrl: () => "" });
  made.askOne = (row) => Promise.resolve(row.parse({ usable, version, external, offered, creatable }));
  return made;
};
const wanted = { name: "x", usable: "true", fix: "create extension x;" };

/** An extension that no server here lets its role create. */
const ofSuperusers = { name: "pageinspect", usable: "false", fix: "create extension pageinspect;" };

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

  it("optionalExtension() advises nobody to do what is refused", async () => {
    const { look } = optionalExtension(wanted, "nothing counts the stars");
    expect(await look(session(false, null, false, { creatable: false }), [])).toMatchObject({ verdict: "skipped", fix: "as a superuser: create extension x;" });
    expect(await look(session(false, null, false, { offered: false }), [])).toEqual({ verdict: "skipped", seen: "not on this server: nothing counts the stars", fix: null });
  });

  it("optionalExtension() tells a role that may create it, by itself or through supautils, from one that may not", async () => {
    const database = await createTestDatabase({ migrated: true });
    const fixFor = async (url: string, wish = ofSuperusers) => {
      const made = new DoctorSession({ env: {}, databaseUrl: () => url });
      made.database = await connect(url, { applicationName: "holdfast test" });
      const answer = await optionalExtension(wish, "lost").look(made, []).finally(() => made.close());
      return Array.isArray(answer) ? answer : answer.fix ?? answer.seen;
    };
    try {
      expect(await fixFor(database.url)).toBe("as a superuser: create extension pageinspect;");
      expect(await fixFor(database.adminUrl)).toBe("create extension pageinspect;");
      expect(await fixFor(database.url, { ...ofSuperusers, name: "citext" })).toBe("create extension pageinspect;");
      expect(await fixFor(database.url, { ...ofSuperusers, name: "no_such" })).toBe("not on this server: lost");
      await queryRows(database.adminUrl, `alter database ${database.name} set supautils.privileged_extensions = 'xml2, pageinspect,citext'`);
      expect(await fixFor(database.url)).toBe("create extension pageinspect;");
    } finally {
      await database.drop();
    }
  });
});
