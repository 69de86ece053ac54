import { z } from "zod";
import type { SessionCheck } from "../doctor_session.ts";

const job = z.object({ name: z.string(), wanted: z.string(), installed: z.string().nullable(), active: z.boolean().nullable() });

/** pg_cron has every job of the strategy, with its schedule, and none is switched off. */
export const jobs: SessionCheck = {
  name: "schedule/jobs",
  needs: ["database/pg_cron", "schedule/policy"],
  look: async (session) => {
    const all = await session.askCron(job, `
      select w.job_name as name, w.schedule as wanted, j.schedule as installed, j.active
      from backup.wanted_schedules() w left join cron.job j on j.jobname = w.job_name and j.username = current_user order by 1`);
    const missing = all.filter(({ installed }) => installed === null).map(({ name }) => name);
    if (missing.length > 0) return { verdict: "failed", seen: `not scheduled: ${missing.join(", ")}`, fix: "select * from backup.install_schedules();" };
    const other = all.filter(({ wanted, installed }) => wanted !== installed);
    if (other.length > 0) {
      return { verdict: "failed", seen: other.map(({ name, wanted, installed }) => `${name} runs at ${installed} instead of ${wanted}`).join("; "), fix: "select * from backup.install_schedules();" };
    }
    const off = all.filter(({ active }) => active !== true).map(({ name }) => name);
    if (off.length > 0) {
      return { verdict: "failed", seen: `switched off: ${off.join(", ")}`, fix: `select cron.alter_job(jobid, active := true) from cron.job where jobname in (${off.map((name) => `'${name}'`).join(", ")});` };
    }
    return { verdict: "passed", seen: `${all.length} jobs scheduled and active`, fix: null };
  },
};
