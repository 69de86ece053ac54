import { listenAndPoll } from "../listen_and_poll.ts";
import { nextRun, parseSchedule } from "./next_run.ts";
import { type CronJob, runJob } from "./run_job.ts";

export interface CronDaemon {
  /** Stops the clock and cancels running jobs by closing their sessions. */
  stop(): Promise<void>;
}

export interface StartCronOptions {
  /** Superuser connection to the database whose cron.job is served. */
  adminUrl: string;
  /** Socket directory that lets the daemon log in as any job's owner, as pg_cron does. */
  socketDir: string;
  port: number;
  onLog?: (line: string) => void;
}

interface Clock {
  schedule: string;
  dueAt: Date | undefined;
}

/** How long a newly scheduled job can go unnoticed when its NOTIFY is lost. */
const POLL_MS = 400;

/**
 * Does the work of the pg_cron launcher: runs due jobs as their owners and records job_run_details. A job that is still
 * running when it is due again runs once more when it ends, never twice at a time.
 */
export function startCron(options: StartCronOptions): CronDaemon {
  const log = options.onLog ?? ((): void => {});
  const stopping = new AbortController();
  const clocks = new Map<string, Clock>();
  const running = new Map<string, Promise<void>>();

  function startDue(jobs: CronJob[], now: Date): void {
    for (const id of clocks.keys()) {
      if (!jobs.some((job) => job.jobid === id)) clocks.delete(id);
    }
    for (const job of jobs) {
      const clock = clocks.get(job.jobid);
      if (clock === undefined || clock.schedule !== job.schedule) {
        clocks.set(job.jobid, { schedule: job.schedule, dueAt: dueAfter(job, now, log) });
        continue;
      }
      if (clock.dueAt === undefined || clock.dueAt > now || running.has(job.jobid)) continue;
      // An interval counts from the start of the run before, a cron expression from the wall clock.
      clock.dueAt = dueAfter(job, now, log);
      const run = runJob(job, options, stopping.signal)
        .catch((error: unknown) => log(`cron: job ${job.jobid} could not be recorded: ${String(error)}`))
        .finally(() => running.delete(job.jobid));
      running.set(job.jobid, run);
    }
  }

  const serving = listenAndPoll({
    databaseUrl: options.adminUrl, applicationName: "pg_cron scheduler stand-in", channel: "holdfast_cron", pollMs: POLL_MS, signal: stopping.signal,
    look: async (client) => {
      const { rows } = await client.query<CronJob>("select jobid, schedule, command, database, username from cron.job where active");
      startDue(rows, new Date());
      return untilNext(clocks);
    },
  });

  return {
    async stop() {
      stopping.abort();
      await serving;
      await Promise.all(running.values());
    },
  };
}

function dueAfter(job: CronJob, now: Date, log: (line: string) => void): Date | undefined {
  const schedule = parseSchedule(job.schedule);
  if (schedule === undefined) {
    log(`cron: job ${job.jobid} has a schedule this clock cannot read: ${job.schedule}`);
    return undefined;
  }
  return nextRun(schedule, now);
}

function untilNext(clocks: Map<string, Clock>): number {
  const now = Date.now();
  const waits = [...clocks.values()].map((clock) => (clock.dueAt?.getTime() ?? Infinity) - now);
  return Math.max(20, Math.min(...waits));
}
