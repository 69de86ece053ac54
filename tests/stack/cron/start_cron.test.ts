import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type CronDaemon, startCron } from "../../../stack/cron/start_cron.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { waitUntil } from "../../support/wait_until.ts";

describe("startCron()", () => {
  let database: TestDatabase;
  let postgres: pg.Client;
  let daemon: CronDaemon;

  beforeAll(async () => {
    database = await createTestDatabase();
    postgres = new pg.Client(database.url);
    await postgres.connect();
    const { socketDir, port } = inject("holdfastCluster");
    daemon = startCron({ adminUrl: database.adminUrl, socketDir, port });
    await postgres.query("create table public.marks (name text, who text default current_user, at timestamptz default clock_timestamp())");
  });
  afterAll(async () => {
    await daemon.stop();
    await postgres.end();
    await database.drop();
  });

  const marks = async (name: string): Promise<number> =>
    Number((await postgres.query("select count(*) as n from public.marks where name = $1", [name])).rows[0].n);

  it("startCron() soon runs a job in seconds as its owner, again and again, and records it", async () => {
    const { rows } = await postgres.query("select cron.schedule('fast', '1 seconds', $$insert into public.marks values ('fast')$$) as id");
    const started = Date.now();
    await waitUntil(async () => await marks("fast") >= 2);
    expect(Date.now() - started).toBeLessThan(4_000);
    await postgres.query("select cron.unschedule('fast')");
    await sleep(200);
    const after = await marks("fast");
    await sleep(1_300);
    expect(await marks("fast")).toBe(after);
    const owners = await postgres.query("select distinct who from public.marks");
    expect(owners.rows).toEqual([{ who: "postgres" }]);
    const details = await postgres.query("select status, return_message, username, end_time >= start_time as ended, job_pid > 0 as pid from cron.job_run_details where jobid = $1 limit 1", [rows[0].id]);
    expect(details.rows).toEqual([{ status: "succeeded", return_message: "INSERT 1", username: "postgres", ended: true, pid: true }]);
  });

  it("startCron() runs several transactions in one command, visible one by one", async () => {
    await postgres.query("select cron.schedule('many', '1 seconds', $$begin; insert into public.marks values ('one'); commit; begin isolation level repeatable read; select pg_sleep(0.8); insert into public.marks values ('two'); commit$$)");
    await waitUntil(async () => await marks("one") === 1);
    expect(await marks("two")).toBe(0);
    await waitUntil(async () => await marks("two") === 1);
    await postgres.query("select cron.unschedule('many')");
  });

  it("startCron() never runs one job twice at a time", async () => {
    await postgres.query("select cron.schedule('slow', '1 seconds', $$insert into public.marks values ('slow'); select pg_sleep(2.5)$$)");
    await waitUntil(async () => Number((await postgres.query("select count(*) as n from pg_stat_activity where application_name = 'pg_cron' and datname = current_database()")).rows[0].n) === 1);
    await sleep(1_500);
    const { rows } = await postgres.query("select count(*)::int as n from pg_stat_activity where application_name = 'pg_cron' and datname = current_database()");
    expect(rows).toEqual([{ n: 1 }]);
    await postgres.query("select cron.unschedule('slow')");
  });

  it("startCron() records a failure with its message", async () => {
    await postgres.query("select cron.schedule('broken', '1 seconds', 'select 1/0')");
    await waitUntil(async () => (await postgres.query("select from cron.job_run_details where status = 'failed' and return_message = 'ERROR:  division by zero'")).rowCount === 1);
    await postgres.query("select cron.unschedule('broken')");
  });

  it("cron.schedule() overwrites by name, cron.alter_job() changes, cron.unschedule() removes by id, and unknown names are errors", async () => {
    const first = await postgres.query("select cron.schedule('same', '0 1 * * *', 'select 1') as id");
    const second = await postgres.query("select cron.schedule('same', '0 2 * * *', 'select 2') as id");
    expect(second.rows).toEqual(first.rows);
    await postgres.query("select cron.alter_job($1, active := false)", [first.rows[0].id]);
    const { rows } = await postgres.query("select schedule, command, active from cron.job where jobname = 'same'");
    expect(rows).toEqual([{ schedule: "0 2 * * *", command: "select 2", active: false }]);
    await postgres.query("select cron.unschedule($1::bigint)", [first.rows[0].id]);
    await expect(postgres.query("select cron.unschedule('same')")).rejects.toThrow("could not find valid entry for job");
    await expect(postgres.query("select cron.schedule('x', '99 seconds', 'select 1')")).rejects.toThrow("invalid schedule");
    await expect(postgres.query("select cron.schedule('x', 'every day', 'select 1')")).rejects.toThrow("invalid schedule");
  });
});
