import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

/** What only a superuser can take away, so pgTAP, which runs as `postgres`, cannot. */
describe("the ledger without pg_cron and pg_net", () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    const admin = new pg.Client(database.adminUrl);
    await admin.connect();
    await admin.query("drop schema cron cascade; drop schema net cascade");
    await admin.end();
    client = new pg.Client(database.url);
    await client.connect();
    await client.query("update backup.settings set functions_url = 'http://127.0.0.1:1/functions/v1'");
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  const value = async (expression: string): Promise<unknown> =>
    (await client.query<{ value: unknown }>(`select ${expression} as value`)).rows[0]?.value;

  it.each(["enable", "install_schedules"])("%s() asks for pg_cron with HF005", async (name) => {
    await expect(client.query(`select * from backup.${name}()`)).rejects.toMatchObject({ code: "HF005", message: "pg_cron is not installed" });
  });

  it("enable() leaves the policies off when it cannot schedule", async () => {
    await client.query("select backup.enable()").catch(() => {});
    expect(await value("(select count(*)::integer from backup.policies where provider = 'aws_s3' and enabled)")).toBe(0);
  });

  it("disable() works", async () => {
    await client.query("select backup.disable()");
  });

  it.each([
    ["schedule_once()", "backup.schedule_once('holdfast-x', 'select 1')"],
    ["schedule_keeper()", "backup.schedule_keeper('20260101T000000Z-00000a')"],
    ["unschedule()", "backup.unschedule('holdfast-x')"],
  ])("%s says that there is nothing to schedule with", async (_, expression) => {
    expect(await value(expression)).toBe(false);
  });

  it("globals() tells no jobs apart from no scheduler", async () => {
    expect(await value("backup.globals() -> 'cron_jobs'")).toBeNull();
  });

  it("dispatch() leaves the ticket for a clock outside the database", async () => {
    const ticket = await value("backup.dispatch('export-backup', '{}')");
    const { rows } = await client.query("select posted, claimed_at from backup.tickets where ticket_id = $1", [ticket]);
    expect(rows).toEqual([{ posted: false, claimed_at: null }]);
  });

  it("prune_ledger() cleans the ledger alone", async () => {
    expect(await value("backup.prune_ledger()")).toMatchObject({ cron_details: 0 });
  });

  it("start_run() starts a run for another session to keep, and fail_run() ends it", async () => {
    const runId = await value("backup.start_run('sql')");
    expect(await value(`backup.fail_run('${String(runId)}', 'HF008', 'run was cancelled')`)).toBe(true);
  });
});
