import pg from "pg";

export interface CronJob {
  jobid: string;
  schedule: string;
  command: string;
  database: string;
  username: string;
}

export interface RunJobOptions {
  adminUrl: string;
  socketDir: string;
  port: number;
}

/**
 * Runs a job once in a session of its owner and records it. The command goes out as one simple query, so a text with
 * several statements, its own begin and commit included, behaves as it does under pg_cron.
 */
export async function runJob(job: CronJob, options: RunJobOptions, stopping: AbortSignal): Promise<void> {
  const record = new pg.Client({ connectionString: options.adminUrl, application_name: "pg_cron stand-in" });
  record.on("error", () => {});
  await record.connect();
  try {
    const { rows } = await record.query<{ runid: string }>(
      `insert into cron.job_run_details (jobid, database, username, command, status, start_time)
       values ($1, $2, $3, $4, 'starting', clock_timestamp()) returning runid`,
      [job.jobid, job.database, job.username, job.command]);
    const runId = rows[0]?.runid;
    const { status, message } = await execute(job, options, stopping, async (pid) => {
      await record.query("update cron.job_run_details set status = 'running', job_pid = $2 where runid = $1", [runId, pid]);
    });
    await record.query(
      "update cron.job_run_details set status = $2, return_message = $3, end_time = clock_timestamp() where runid = $1",
      [runId, status, message]);
  } finally {
    await record.end();
  }
}

interface JobOutcome {
  status: "succeeded" | "failed";
  message: string;
}

async function execute(job: CronJob, options: RunJobOptions, stopping: AbortSignal, onPid: (pid: number) => Promise<void>): Promise<JobOutcome> {
  const client = new pg.Client({
    host: options.socketDir, port: options.port, user: job.username, database: job.database, application_name: "pg_cron",
  });
  let lost: Error | undefined;
  client.on("error", (error) => { lost = error; });
  const abort = (): void => { client.connection.stream.destroy(); };
  try {
    await client.connect();
    stopping.addEventListener("abort", abort, { once: true });
    const pid = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    await onPid(pid.rows[0]?.pid ?? 0);
    const result: unknown = await client.query(job.command);
    return { status: "succeeded", message: describeResult(result) };
  } catch (error) {
    const cause = lost ?? error;
    return { status: "failed", message: cause instanceof pg.DatabaseError ? `ERROR:  ${cause.message}` : String(cause) };
  } finally {
    stopping.removeEventListener("abort", abort);
    await client.end().catch(() => {});
  }
}

/** pg_cron records the command tag of the last statement, or the number of rows of a query. */
function describeResult(result: unknown): string {
  const last: unknown = Array.isArray(result) ? result.at(-1) : result;
  if (last === null || typeof last !== "object" || !("command" in last) || !("rowCount" in last)) return "";
  if (last.command === "SELECT") return `${String(last.rowCount ?? 0)} row${last.rowCount === 1 ? "" : "s"}`;
  return [String(last.command), ...(last.rowCount === null ? [] : [String(last.rowCount)])].join(" ");
}
