import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { some, tablesWhere } from "../../../../cli/doctor/database/tables_where.ts";
import { DoctorSession } from "../../../../cli/doctor/doctor_session.ts";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

let database: TestDatabase;
const sessionOf = async (url: string) => {
  const session = new DoctorSession({ env: {}, databaseUrl: () => url });
  session.database = await connect(url, { applicationName: "holdfast test" });
  return session;
};
beforeAll(async () => void (database = await createTestDatabase({ migrated: true })));
afterAll(() => database.drop());

describe("tablesWhere()", () => {
  it("tablesWhere() names tables that exports copy, quoted, and not those of extensions and of other schemas", async () => {
    const session = await sessionOf(database.url);
    await session.database?.query(`create table public."Odd ""one" (id integer); create view public.seen as select 1 as one`);
    const names = await tablesWhere(session, "true");
    expect(names).toContain(`public."Odd ""one"`);
    expect(names).toContain("auth.users");
    expect(names.filter((name) => /^(backup|cron|extensions)\.|seen$/.test(name))).toEqual([]);
    expect(await tablesWhere(session, "c.relname like 'Odd%'")).toEqual([`public."Odd ""one"`]);
    await session.close();
  });
});

describe("some()", () => {
  it("some() names five and counts the rest", () => {
    expect(some(["a", "b"])).toBe("a, b");
    expect(some(["a", "b", "c", "d", "e", "f", "g"])).toBe("a, b, c, d, e and 2 more");
  });
});
