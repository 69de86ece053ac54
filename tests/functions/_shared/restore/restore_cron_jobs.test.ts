import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { restoreCronJobs } from "../../../../functions/_shared/restore/restore_cron_jobs.ts";
import { createRestoreTarget, type RestoreTarget } from "../../../support/restore_world.ts";
import { withContent } from "../../../support/with_content.ts";

const job = (name: string | null, other: object = {}) => ({ name, schedule: "5 4 * * *", command: "select 1", database: "source", username: "postgres", active: true, ...other });
const jobs = (...all: object[]) => withContent({ "globals.json": { roles: [], memberships: [], settings: [], cron_jobs: all } });

describe("restoreCronJobs()", () => {
  let target: RestoreTarget;
  beforeAll(async () => {
    target = await createRestoreTarget();
  });
  beforeEach(() => target.sql("select cron.unschedule(jobid) from cron.job"));
  afterAll(() => target.close());
  const present = () => target.sql("select jobname as name, schedule, command, active, database = current_database() as here from cron.job order by jobid");

  it("restoreCronJobs() creates jobs switched off, named or not, and once", async () => {
    const backup = jobs(job("nightly"), job(null, { schedule: "* * * * *", command: "delete from x where 'a' = $$b$$" }));
    const context = await target.context(backup);
    await restoreCronJobs(context);
    await restoreCronJobs(context);
    expect(await present()).toEqual([
      { name: "nightly", schedule: "5 4 * * *", command: "select 1", active: false, here: true },
      { name: null, schedule: "* * * * *", command: "delete from x where 'a' = $$b$$", active: false, here: true },
    ]);
    expect(context.leftOut).toEqual([]);
  });

  it("restoreCronJobs() leaves a job of the same name as the target has it", async () => {
    await target.sql("select cron.schedule('nightly', '1 1 * * *', 'select 2')");
    await restoreCronJobs(await target.context(jobs(job("nightly"))));
    expect(await present()).toEqual([{ name: "nightly", schedule: "1 1 * * *", command: "select 2", active: true, here: true }]);
  });

  it("restoreCronJobs() lists jobs of another database or user, and those the server refuses, and goes on", async () => {
    const context = await target.context(jobs(job("elsewhere", { database: "other" }), job("odd", { schedule: "every moon" }), job("by another", { username: "somebody" }), job("last")));
    await restoreCronJobs(context);
    expect((await present()).map((one) => [one["name"], one["active"]])).toEqual([["by another", false], ["last", false]]);
    expect(context.leftOut.map(({ reason, subject }) => `${reason} ${subject}`)).toEqual(["unsupported scheduled job elsewhere", "role scheduled job odd", "role user of scheduled job by another"]);
  });

  it("restoreCronJobs() lists every job where the role may not use pg_cron", async () => {
    const context = await target.context(jobs(job("nightly")));
    await target.sql("set role anon");
    await restoreCronJobs(context);
    await target.sql("reset role");
    expect(context.leftOut).toMatchObject([{ reason: "role", subject: "scheduled job nightly", message: expect.stringContaining("42501") }]);
  });

  it("restoreCronJobs() lists every job where the target has no pg_cron", async () => {
    const plain = await createRestoreTarget({ admin: true });
    await plain.sql("drop schema if exists cron cascade; drop extension if exists pg_cron cascade");
    const context = await plain.context(jobs(job("nightly"), job(null)));
    await restoreCronJobs(context);
    expect(context.leftOut.map(({ reason, subject }) => `${reason} ${subject}`)).toEqual(["extension scheduled job nightly", "extension scheduled job 5 4 * * *"]);
    await restoreCronJobs(await plain.context(withContent({ "globals.json": { roles: [], memberships: [], settings: [], cron_jobs: null } })));
    await plain.close();
  });
});
