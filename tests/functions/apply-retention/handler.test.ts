import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { withClient } from "../../../functions/_shared/database/connect.ts";
import { createHandler } from "../../../functions/apply-retention/handler.ts";
import { RetentionLedger } from "../../../functions/_shared/retention/retention_ledger.ts";
import { createRetentionWorld, type RetentionWorld } from "../../support/retention_world.ts";
import { waitUntil } from "../../support/wait_until.ts";

const KEY = "sb_secret_test";
let world: RetentionWorld;
beforeAll(async () => void (world = await createRetentionWorld()));
afterAll(() => world.close());
beforeEach(() => world.reset());

const handlerWith = (configured: boolean, projectRef: string | null = null) => createHandler({
  secretKeys: [KEY], withDatabase: (task) => withClient(world.database.url, { applicationName: "holdfast test" }, task),
  openStorage: () => (configured ? world.s3 : null), projectRef, now: () => performance.now(), log: () => undefined,
});
const call = (init: RequestInit = {}, configured = true) => handlerWith(configured)(new Request("http://localhost/apply-retention", { headers: { apikey: KEY }, ...init }));
const post = (body: unknown, configured = true) => call({ method: "POST", body: JSON.stringify(body), headers: { apikey: KEY, "content-type": "application/json" } }, configured);

describe("apply-retention", () => {
  it("createHandler() answers the plan and deletes nothing unless told", async () => {
    const old = await world.run({ daysAgo: 400 });
    await world.run({ daysAgo: 1 });
    for (const response of [await call(), await post({}), await post({ apply: false })]) {
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ dry_run: true, runs: [{ decision: "keep" }, { run_id: old, decision: "expire" }] });
    }
    expect(await world.sql("select from backup.retention_marks")).toEqual([]);
  });

  it("createHandler() applies for a ticket, as pg_cron sends it", async () => {
    const old = await world.run({ daysAgo: 400 });
    await world.run({ daysAgo: 1 });
    await world.sql("select backup.mark_expired()");
    await world.endGrace();
    await world.sql("update backup.settings set retention_mode = 'apply', functions_url = null; select backup.run_retention()");
    const [ticket] = await world.sql<{ ticket_id: string }>("select ticket_id from backup.tickets");
    const response = await call({ method: "POST", headers: { "x-holdfast-ticket": ticket?.ticket_id ?? "" } });
    expect([response.status, await response.json()]).toEqual([202, { state: "applying" }]);
    await waitUntil(async () => (await world.keys(old)).length === 0, 30_000);
  });

  it("createHandler() deletes nothing in a copy of the project, and leaves an alert that says so", async () => {
    await world.run({ daysAgo: 400 });
    await world.run({ daysAgo: 1 });
    const [source, copy] = ["abcdefghijklmnopqrst", "zyxwvutsrqponmlkjihg"];
    await world.sql("select backup.check_bucket_owner($1)", [source]);
    try {
      const request = new Request("http://localhost/apply-retention", { method: "POST", body: '{"apply": true}', headers: { apikey: KEY, "content-type": "application/json" } });
      expect((await handlerWith(true, copy)(request)).status).toBe(202);
      await waitUntil(async () => (await world.sql("select from backup.alerts where cause = 'bucket_of_another'")).length === 1);
      expect(await world.sql("select from backup.retention_marks")).toEqual([]);
    } finally {
      await world.sql("update backup.settings set bucket_owner = null");
    }
  });

  it("createHandler() stops what was scheduled once retention is not to delete any more, and goes on with what a person started", async () => {
    const old = await world.run({ daysAgo: 400 });
    await world.run({ daysAgo: 1 });
    await world.sql("select backup.mark_expired()");
    await world.endGrace();
    await world.sql("update backup.settings set retention_mode = 'apply', functions_url = null; select backup.run_retention()");
    const scheduled = new RetentionLedger(world.client);
    await scheduled.handOver(true);
    const tickets = await world.sql<{ ticket_id: string }>("select ticket_id from backup.tickets");
    expect(tickets).toHaveLength(2);
    for (const mode of ["dry_run", "off"]) {
      await world.sql("update backup.settings set retention_mode = $1", [mode]);
      const response = await call({ method: "POST", headers: { "x-holdfast-ticket": tickets.pop()?.ticket_id ?? "" } });
      expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ state: "off", message: expect.stringContaining(mode) })]);
    }
    expect((await world.keys(old)).length).toBeGreaterThan(0);
    await scheduled.handOver(false);
    const [byHand] = await world.sql<{ ticket_id: string }>("select ticket_id from backup.tickets where claimed_at is null");
    expect((await call({ method: "POST", headers: { "x-holdfast-ticket": byHand?.ticket_id ?? "" } })).status).toBe(202);
    await waitUntil(async () => (await world.keys(old)).length === 0, 30_000);
  });

  it("createHandler() says that there is nothing to do without S3", async () => {
    const response = await post({ apply: true }, false);
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ state: "off" })]);
  });

  it("createHandler() opens no session with the database for strangers", async () => {
    const closed = createHandler({ secretKeys: [KEY], withDatabase: () => expect.unreachable(), openStorage: () => null, projectRef: null, now: () => 0 });
    for (const method of ["GET", "POST"]) {
      for (const headers of [{}, { apikey: "sb_secret_wrong" }, { "x-holdfast-ticket": "x" }]) {
        expect((await closed(new Request("http://localhost/apply-retention", { method, headers: headers as Record<string, string> }))).status).toBe(401);
      }
    }
  });

  it("createHandler() takes no strangers, other methods or other bodies", async () => {
    expect((await call({ headers: {} })).status).toBe(401);
    expect((await call({ method: "DELETE" })).status).toBe(405);
    expect((await post({ apply: "yes" })).status).toBe(422);
  });
});
