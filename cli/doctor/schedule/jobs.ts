import { z } from "zod";
import { sqlStateOf } from "../../../functions/_shared/errors/from_postgres.ts";
import { formatDuration } from "../../../functions/_shared/report/format_quantity.ts";
import type { DoctorSession, SessionCheck } from "../doctor_session.ts";

const ALIVE_SECONDS = 180;

/** Somebody has asked for exports. */
export const policy: SessionCheck = {
  name: "schedule/policy",
  needs: ["database/schema"],
  look: async (session) => {
    const enabled = await session.ask(z.object({ name: z.string() }), "select p.name from backup.policies p where p.provider = 'aws_s3' and p.enabled order by p.name");
    if (enabled.length > 0) return { verdict: "passed", seen: `on: ${enabled.map(({ name }) => name).join(", ")}`, fix: null };
    return { verdict: "failed", seen: "no S3 policy is on: nothing is ever exported", fix: "select * from backup.enable();" };
  },
};

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

const heartbeat = z.object({ seconds: z.number().nullable(), failed: z.boolean().nullable(), young: z.boolean() });

/** The clock ticks: pg_cron has run the minute job lately. backup.job_runs cannot tell, as a tick with nothing to do leaves no row. */
export const tick: SessionCheck = {
  name: "schedule/tick",
  needs: ["schedule/jobs"],
  look: async (session) => {
    const { seconds, failed, young } = await lastTick(session);
    if (seconds === null && young) return { verdict: "inconclusive", seen: "the schedules are younger than 3 minutes, and the minute job has not run yet", fix: "Wait a minute and run holdfast doctor again." };
    if (seconds === null || seconds > ALIVE_SECONDS) {
      return { verdict: "failed", seen: seconds === null ? "pg_cron has never run the minute job" : `pg_cron ran the minute job last ${formatDuration(seconds)} ago`,
        fix: "Restart the database, which starts pg_cron: dashboard, Settings > General > Restart project. Where you run it yourself: shared_preload_libraries has to name pg_cron, cron.database_name this database." };
    }
    if (failed === true) {
      return { verdict: "failed", seen: `the minute job ran ${formatDuration(seconds)} ago and failed`,
        fix: "select d.start_time, d.return_message from cron.job_run_details d join cron.job j using (jobid) where j.jobname = 'holdfast-tick' order by d.start_time desc limit 5;" };
    }
    return { verdict: "passed", seen: `the minute job ran ${formatDuration(seconds)} ago`, fix: null };
  },
};

async function lastTick(session: DoctorSession): Promise<z.infer<typeof heartbeat>> {
  const young = "coalesce((select min(p.scheduled_since) from backup.policies p where p.provider = 'aws_s3' and p.enabled) > clock_timestamp() - interval '3 minutes', false) as young";
  const since = (time: string): string => `extract(epoch from clock_timestamp() - ${time})::float8 as seconds`;
  try {
    const [details] = await session.askCron(heartbeat, `
      select ${since("d.start_time")}, d.status = 'failed' as failed, ${young} from (values (1)) one (row)
      left join lateral (
        select r.start_time, r.status from cron.job_run_details r join cron.job j using (jobid)
        where j.jobname = 'holdfast-tick' and r.start_time is not null order by r.start_time desc limit 1) d on true`);
    if (details !== undefined) return details;
  } catch (error) {
    if (sqlStateOf(error) !== "42501") throw error;
  }
  return await session.askOne(heartbeat, `select ${since("max(r.started_at)")}, false as failed, ${young} from backup.job_runs r where r.job_name = 'tick'`);
}

const failing = z.object({ job_name: z.string(), error_code: z.string().nullable() });

/** The newest run of each scheduled job has succeeded. */
export const jobRuns: SessionCheck = {
  name: "schedule/job_runs",
  needs: ["database/schema"],
  look: async (session) => {
    const failed = await session.ask(failing, `
      select n.job_name, n.error_code from (
        select distinct on (j.job_name) j.job_name, j.status, j.error_code from backup.job_runs j order by j.job_name, j.started_at desc) n
      where n.status = 'failed' order by 1`);
    if (failed.length === 0) return { verdict: "passed", seen: "no job failed when it last ran", fix: null };
    return { verdict: "failed", seen: `failed when they last ran: ${failed.map(({ job_name, error_code }) => `${job_name} (${error_code ?? "no code"})`).join(", ")}`,
      fix: `select j.started_at, j.error from backup.job_runs j where j.job_name in (${failed.map(({ job_name }) => `'${job_name}'`).join(", ")}) order by 1 desc limit 5;   -- the code is in docs/errors.md; then: ${failed.map(({ job_name }) => `select backup.run_job('${job_name}');`).join(" ")}` };
  },
};
