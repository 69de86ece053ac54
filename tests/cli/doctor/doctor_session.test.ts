import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { DoctorSession } from "../../../cli/doctor/doctor_session.ts";
import { connect } from "../../../functions/_shared/database/connect.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";

let database: TestDatabase;
beforeAll(async () => void (database = await createTestDatabase({ migrated: true })));
afterAll(() => database.drop());
const open = (env: Record<string, string> = {}) => new DoctorSession({ env, databaseUrl: () => database.url });

describe("DoctorSession", () => {
  it("DoctorSession.secretKey() takes the key of the environment, then those Supabase injects", () => {
    expect(open().secretKey()).toBeUndefined();
    expect(open({ SUPABASE_SERVICE_ROLE_KEY: "legacy" }).secretKey()).toBe("legacy");
    expect(open({ SUPABASE_SECRET_KEYS: '{"default":"new"}', SUPABASE_SERVICE_ROLE_KEY: "legacy" }).secretKey()).toBe("new");
    expect(open({ HOLDFAST_SECRET_KEY: "given", SUPABASE_SERVICE_ROLE_KEY: "legacy" }).secretKey()).toBe("given");
  });

  it("DoctorSession.askCron() reads what row security shows, and leaves it off again", async () => {
    const session = open();
    session.database = await connect(database.url, { applicationName: "holdfast test" });
    const count = z.object({ n: z.number() });
    const sql = "select count(*)::integer as n from cron.job";
    await expect(session.ask(count, sql)).resolves.toEqual([{ n: 0 }]);
    expect(await session.askCron(count, sql)).toEqual([{ n: 0 }]);
    await expect(session.askCron(count, "select 1/0 as n")).rejects.toMatchObject({ code: "22012" });
    expect(await session.ask(z.object({ row_security: z.string() }), "show row_security")).toEqual([{ row_security: "off" }]);
    await session.close();
  });

  it("DoctorSession.storage asks the ledger what the bucket has to do, and nobody without one", async () => {
    const session = open();
    expect(await session.storage.wants()).toBeNull();
    const connected = open();
    connected.database = await connect(database.url, { applicationName: "holdfast test" });
    expect(await connected.storage.wants()).toMatchObject({ project: "local", enabled: false });
    await connected.close();
  });
});
