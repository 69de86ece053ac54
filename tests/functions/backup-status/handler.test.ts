import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withClient } from "../../../functions/_shared/database/connect.ts";
import type { WithDatabase } from "../../../functions/_shared/http/with_database.ts";
import { UNLIMITED, verifyBackup } from "../../../functions/_shared/verify/verify_backup.ts";
import { createHandler } from "../../../functions/backup-status/handler.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { parseMetrics } from "../../support/parse_metrics.ts";
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

  const PROMETHEUS_ACCEPTS = "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
  const OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
  const TEXT = "text/plain; version=0.0.4; charset=utf-8";
  it.each([
    ["", PROMETHEUS_ACCEPTS, OPENMETRICS], ["", "text/plain;version=0.0.4", TEXT], ["?format=metrics", PROMETHEUS_ACCEPTS, OPENMETRICS], ["?format=metrics", "*/*", TEXT],
    ["?format=openmetrics", "text/plain", OPENMETRICS], ["?format=prometheus", PROMETHEUS_ACCEPTS, TEXT],
  ])("createHandler() answers %j, accepted %j, as %s", async (query, accept, contentType) => {
    const response = await call(`backup-status${query}`, { headers: { apikey: KEY, accept } });
    expect([response.status, response.headers.get("content-type"), response.headers.get("vary")]).toEqual([200, contentType, "accept"]);
    const families = parseMetrics(await response.text(), contentType === TEXT ? "prometheus" : "openmetrics");
    expect(families.get("holdfast_restore_points")?.samples).toEqual([{ name: "holdfast_restore_points", labels: {}, value: 0 }]);
  });

  it("createHandler() answers JSON to whom nothing else is said to be better, and Markdown to whom asks for it", async () => {
    const typeOf = async (accept: string, query = "") => (await call(`backup-status${query}`, { headers: { apikey: KEY, accept } })).headers.get("content-type");
    for (const accept of ["*/*", "application/json", "text/html,*/*;q=0.8", "image/png"]) expect([accept, await typeOf(accept)]).toEqual([accept, "application/json; charset=utf-8"]);
    expect(await typeOf("text/markdown")).toBe("text/markdown; charset=utf-8");
    expect(await typeOf(PROMETHEUS_ACCEPTS, "?format=json")).toBe("application/json; charset=utf-8");
  });

  it("createHandler() takes the key as a bearer token, as Prometheus sends it, and tells no stranger a metric", async () => {
    expect((await call("backup-status", { headers: { authorization: `Bearer ${KEY}`, accept: PROMETHEUS_ACCEPTS } })).status).toBe(200);
    const refused = await call("backup-status?format=metrics", { headers: { authorization: "Bearer x", accept: PROMETHEUS_ACCEPTS } });
    expect([refused.status, await refused.text()]).toEqual([401, expect.not.stringContaining("holdfast_")]);
  });

  it("createHandler() takes neither tickets nor strangers nor other methods", async () => {
    expect((await call("backup-status", { headers: {} })).status).toBe(401);
    expect((await call("backup-status", { headers: { "x-holdfast-ticket": (await queryRows(database.url, "select backup.dispatch('backup-status') as id"))[0]?.["id"] as string } })).status).toBe(401);
    expect((await call("backup-status", { method: "POST" })).status).toBe(405);
    expect((await call("backup-status?format=html")).status).toBe(422);
  });
});
