import { z } from "zod";
import { sqlStateOf } from "../../../functions/_shared/errors/from_postgres.ts";
import { formatDuration } from "../../../functions/_shared/report/format_quantity.ts";
import type { DoctorSession, SessionCheck } from "../doctor_session.ts";

const ALIVE_SECONDS = 180;

const heartbeat = z.object({ seconds: z.number().nullable(), failed: z.boolean().nullable(), young: z.boolean() });

/**
 * The clock ticks: pg_cron has run the minute job lately. Its own history tells; a tick by hand would hide a clock that stands still,
 * so backup.job_states is asked only where there is no history to read.
 */
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
    const { logs } = await session.askOne(z.object({ logs: z.boolean() }), "select coalesce(current_setting('cron.log_run', true), 'on') <> 'off' as logs");
    if (details !== undefined && logs) return details;
  } catch (error) {
    if (sqlStateOf(error) !== "42501") throw error;
  }
  return await session.askOne(heartbeat, `
    select ${since("greatest(s.last_success_at, s.last_failure_at)")}, s.last_failure_at > coalesce(s.last_success_at, '-infinity') as failed, ${young}
    from (values (1)) one (row) left join backup.job_states s on s.job_name = 'tick'`);
}
