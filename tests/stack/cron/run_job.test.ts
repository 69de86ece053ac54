import pg from "pg";
import { expect, inject, it } from "vitest";
import { runJob } from "../../../stack/cron/run_job.ts";
import { createTestDatabase } from "../../support/database.ts";

it("runJob() runs the command as the owner of the job, and a stop cancels it", async () => {
  const database = await createTestDatabase();
  const { socketDir, port } = inject("holdfastCluster");
  const options = { adminUrl: database.adminUrl, socketDir, port };
  const job = { jobid: "7", schedule: "* * * * *", database: database.name, username: "service_role" };
  const admin = new pg.Client(database.adminUrl);
  await admin.connect();
  // service_role may not log in: the failure has to end up in the record, not in the daemon.
  await runJob({ ...job, command: "select 1" }, options, new AbortController().signal);
  await runJob({ ...job, username: "postgres", command: "select current_user from generate_series(1, 3)" }, options, new AbortController().signal);
  const stopping = new AbortController();
  setTimeout(() => stopping.abort(), 300);
  const started = Date.now();
  await runJob({ ...job, username: "postgres", command: "select pg_sleep(20)" }, options, stopping.signal);
  expect(Date.now() - started).toBeLessThan(5_000);
  const { rows } = await admin.query("select status, return_message from cron.job_run_details order by runid");
  expect(rows).toEqual([
    { status: "failed", return_message: expect.stringContaining("not permitted to log in") },
    { status: "succeeded", return_message: "3 rows" },
    { status: "failed", return_message: expect.any(String) },
  ]);
  await admin.end();
  await database.drop();
});
