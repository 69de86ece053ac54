import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withClient } from "../../../functions/_shared/database/connect.ts";
import type { WithDatabase } from "../../../functions/_shared/http/with_database.ts";
import { UNLIMITED, verifyBackup } from "../../../functions/_shared/verify/verify_backup.ts";
import { createHandler } from "../../../functions/backup-status/handler.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { queryRows } from "../../support/query_rows.ts";

const KEY = "sb_secret_test";
let database: TestDatabase;
beforeAll(async () => void (database = await createTestDatabase({ migrated: true })));
afterAll(() => database.drop());

const withDatabase: WithDatabase = (task) => withClient(database.url, { applicationName: "holdfast test" }, task);
const handler = createHandler({ secretKeys: [KEY], withDatabase });
const call = (path: string, init: RequestInit = {}) => handler(new Request(`http://localhost/${path}`, { headers: { apikey: KEY }, ...init }));

describe("backup-status", () => {
  it("createHandler() answers the status as JSON", async () => {
    const response = await call("backup-status");
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ health: "never_ran", secondary_backup: false })]);
  });

  it("createHandler() answers the newest report as Markdown, or 404 without one", async () => {
    expect((await call("backup-status?format=markdown")).status).toBe(404);
    await withDatabase((client) => verifyBackup({ database: client, storage: { state: "off" }, now: () => 0 }, "sql", UNLIMITED));
    const response = await call("backup-status?format=markdown");
    expect([response.headers.get("content-type"), await response.text()]).toEqual(["text/markdown; charset=utf-8", expect.stringMatching(/^# Backup verification/)]);
  });

  it("createHandler() takes neither tickets nor strangers nor other methods", async () => {
    expect((await call("backup-status", { headers: {} })).status).toBe(401);
    expect((await call("backup-status", { headers: { "x-holdfast-ticket": (await queryRows(database.url, "select backup.dispatch('backup-status') as id"))[0]?.["id"] as string } })).status).toBe(401);
    expect((await call("backup-status", { method: "POST" })).status).toBe(405);
    expect((await call("backup-status?format=html")).status).toBe(422);
  });
});
