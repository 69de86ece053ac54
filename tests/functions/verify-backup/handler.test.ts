import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { withClient } from "../../../functions/_shared/database/connect.ts";
import type { Handler } from "../../../functions/_shared/http/edge_function.ts";
import type { WithDatabase } from "../../../functions/_shared/http/with_database.ts";
import { UNLIMITED } from "../../../functions/_shared/verify/verify_backup.ts";
import { createHandler } from "../../../functions/verify-backup/handler.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { queryRows } from "../../support/query_rows.ts";

const KEY = "sb_secret_test";
let database: TestDatabase;
let background: Promise<unknown>[];
let looks = 0;
let handler: Handler;

beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  const withDatabase: WithDatabase = (task) => withClient(database.url, { applicationName: "holdfast test" }, task);
  handler = createHandler({ secretKeys: [KEY], withDatabase, storage: { state: "off" }, limits: UNLIMITED, now: () => performance.now(), lookAtPrimary: async () => void looks++ });
  (globalThis as { EdgeRuntime?: unknown }).EdgeRuntime = { waitUntil: (promise: Promise<unknown>) => background.push(promise) };
});
beforeEach(async () => {
  background = [];
  await queryRows(database.url, "delete from backup.verifications");
});
afterAll(async () => {
  delete (globalThis as { EdgeRuntime?: unknown }).EdgeRuntime;
  await database.drop();
});

const call = (path: string, init: RequestInit = {}) => handler(new Request(`http://localhost/${path}`, { headers: { apikey: KEY }, ...init }));
const ticket = async (functionName: string, body: string = "{}") =>
  (await queryRows(database.url, "select backup.dispatch($1, $2) as id", [functionName, body]))[0]?.["id"] as string;

describe("verify-backup", () => {
  it("createHandler() answers 202 at once and finishes in the background", async () => {
    const response = await call("verify-backup", { method: "POST" });
    expect(response.status).toBe(202);
    const { verification_id } = (await response.json()) as { verification_id: string };
    await Promise.all(background);
    expect(background).toHaveLength(1);
    const state = await (await call(`verify-backup?verification_id=${verification_id}`)).json();
    expect(state).toMatchObject({ verification_id, verdict: "passed", open_checks: [], background: [], report: expect.stringContaining("# Backup verification") });
    expect(await queryRows(database.url, "select trigger from backup.verifications")).toEqual([{ trigger: "http" }]);
  });

  it("createHandler() waits for the verdict when asked to", async () => {
    const response = await call("verify-backup?wait=true", { method: "POST" });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ verdict: "passed", report: expect.stringContaining("no backup: the secondary backup is off") });
  });

  it("createHandler() looks at the backups that Supabase makes once per verification", async () => {
    looks = 0;
    await call("verify-backup?wait=true", { method: "POST" });
    expect(looks).toBe(1);
  });

  it("createHandler() opens no session with the database for strangers", async () => {
    const closed = createHandler({ secretKeys: [KEY], withDatabase: () => expect.unreachable(), storage: { state: "off" }, limits: UNLIMITED, now: () => 0, lookAtPrimary: async () => undefined });
    for (const headers of [{}, { apikey: "sb_secret_wrong" }, { "x-holdfast-ticket": "x" }]) {
      expect((await closed(new Request("http://localhost/verify-backup", { method: "POST", headers: headers as Record<string, string> }))).status).toBe(401);
    }
  });

  it("createHandler() takes a ticket once, for its own function only, and records the schedule", async () => {
    const headers = { "x-holdfast-ticket": await ticket("verify-backup", '{"trigger":"schedule"}') };
    expect((await call("verify-backup?wait=true", { method: "POST", headers })).status).toBe(200);
    expect(await queryRows(database.url, "select trigger from backup.verifications")).toEqual([{ trigger: "schedule" }]);
    expect((await call("verify-backup", { method: "POST", headers })).status).toBe(401);
    const foreign = { "x-holdfast-ticket": await ticket("export-backup") };
    expect((await call("verify-backup", { method: "POST", headers: foreign })).status).toBe(401);
    expect(await queryRows(database.url, "select verification_id from backup.verifications")).toHaveLength(1);
  });

  it("createHandler() writes the report of a verification that pg_cron finished", async () => {
    const [row] = await queryRows(database.url, "select backup.start_verification('schedule') as id");
    await queryRows(database.url, "update backup.verification_checks set state = 'done'");
    await queryRows(database.url, "select backup.close_verification($1)", [row?.["id"]]);
    const headers = { "x-holdfast-ticket": await ticket("verify-backup", JSON.stringify({ verification_id: row?.["id"] })) };
    expect((await call("verify-backup?wait=true", { method: "POST", headers })).status).toBe(200);
    expect(await queryRows(database.url, "select report is not null as written from backup.verifications")).toEqual([{ written: true }]);
  });

  it.each([
    [401, { method: "POST", headers: {} }, ""], [401, { method: "POST", headers: { apikey: "sb_publishable_x" } }, ""], [401, { headers: {} }, ""],
    [405, { method: "PUT" }, ""], [422, { method: "POST", body: "{" }, ""], [422, { method: "POST", body: '{"surprise":1}' }, ""],
    [422, { method: "POST", body: '{"verification_id":"1"}' }, ""], [422, { method: "POST" }, "?wait=perhaps"], [422, {}, "?verification_id=1"],
    [404, {}, ""], [404, {}, "?verification_id=00000000-0000-4000-8000-000000000000"],
  ])("createHandler() answers %i to %j %s and starts nothing", async (expected, init, query) => {
    const response = await call(`verify-backup${query}`, init as RequestInit);
    expect(response.status).toBe(expected);
    expect(Object.keys((await response.json()) as object)).toEqual(["code", "message", "details", "hint"]);
    expect(await queryRows(database.url, "select from backup.verifications")).toEqual([]);
  });
});
