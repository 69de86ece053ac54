import type { Client } from "pg";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { type Globals, readGlobals } from "./read_globals.ts";
import type { RestoreContext } from "./restore_context.ts";

type Job = NonNullable<Globals["cron_jobs"]>[number];

/**
 * Creates the scheduled jobs, switched off: nothing a restored database does may reach outward before somebody has looked.
 * A job that is there already, by name or by schedule and command, stays as it is. Jobs of other databases are left out,
 * and so is everything where the target has no pg_cron; `leftOut` lists them.
 *
 * @throws {HoldfastError} HF501 if globals.json is missing or damaged.
 */
export async function restoreCronJobs(context: RestoreContext): Promise<void> {
  const { client, backup, leftOut } = context;
  const jobs = (await readGlobals(backup)).cron_jobs ?? [];
  if (jobs.length === 0) return;
  // The extension may be there only since this restore, so the target is asked anew. to_regprocedure() fails where the role may not use its schema.
  const { rows: [cron] } = await client.query<{ exists: boolean }>(
    `select exists (select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
                    where n.nspname = 'cron' and p.proname = 'schedule') as exists`);
  for (const [index, job] of jobs.entries()) {
    const name = job.name ?? job.schedule;
    context.onProgress(index, jobs.length, name);
    const subject = `scheduled job ${name}`;
    if (cron?.exists !== true) {
      leftOut.push({ reason: "extension", subject, message: "The target has no pg_cron. globals.json of the backup holds the job." });
    } else if (job.database !== backup.manifest.server.database) {
      leftOut.push({ reason: "unsupported", subject, message: `It runs in database ${job.database}, which is not part of this backup.` });
    } else {
      const state = await createJob(client, job);
      if (state !== null) leftOut.push({ reason: "role", subject, message: `The server refuses it (SQLSTATE ${state}).` });
      else if (job.username !== context.target.role) {
        leftOut.push({ reason: "role", subject: `user of ${subject}`, message: `It ran as ${job.username}; as restored it would run as ${context.target.role}.` });
      }
    }
  }
}

/** Null if the job is there, otherwise the SQLSTATE. In one transaction, so that no job is ever active. */
async function createJob(client: Client, job: Job): Promise<string | null> {
  await client.query("begin");
  try {
    const { rows: found } = await client.query(
      "select from cron.job j where j.username = current_user and case when $1::text is null then j.jobname is null and j.schedule = $2 and j.command = $3 else j.jobname = $1 end",
      [job.name, job.schedule, job.command]);
    if (found.length === 0) {
      const { rows: [made] } = job.name === null
        ? await client.query<{ jobid: string }>("select cron.schedule($1::text, $2::text) as jobid", [job.schedule, job.command])
        : await client.query<{ jobid: string }>("select cron.schedule($1::text, $2::text, $3::text) as jobid", [job.name, job.schedule, job.command]);
      await client.query("select cron.alter_job(job_id := $1::bigint, active := false)", [made?.jobid]);
    }
    await client.query("commit");
    return null;
  } catch (error) {
    const state = sqlStateOf(error);
    await client.query("rollback").catch(() => undefined);
    if (state === undefined) throw error;
    return state;
  }
}
