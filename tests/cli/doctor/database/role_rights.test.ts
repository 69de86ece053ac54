import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { roleRights } from "../../../../cli/doctor/database/role_rights.ts";
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

describe("roleRights()", () => {
  it("roleRights() tells what the role of the session may do", async () => {
    const [user, admin] = [await sessionOf(database.url), await sessionOf(database.adminUrl)];
    expect(await roleRights(user)).toEqual({ role: "postgres", super: false, bypassrls: true, createdb: true, reads_all: true });
    expect(await roleRights(admin)).toMatchObject({ super: true, reads_all: true });
    await Promise.all([user.close(), admin.close()]);
  });
});
