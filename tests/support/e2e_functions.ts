import pg from "pg";
import type { FunctionsBench } from "./e2e_bench.ts";
import { type RunRow, readRun } from "./e2e_runs.ts";
import { queryRows } from "./query_rows.ts";
import { waitUntil } from "./wait_until.ts";

/** An answer of a function. */
export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** Calls export-backup as a program with a secret key does, or with other headers. */
export async function callExport(bench: FunctionsBench, body: unknown = {}, headers?: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${bench.stack.functionsUrl}/export-backup`, {
    method: "POST", headers: { "content-type": "application/json", ...(headers ?? { apikey: bench.stack.secretKey }) }, body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** True where pg_cron is the real one and too old for seconds: a keeper would start at the next full minute. */
export async function hasSlowClock(bench: FunctionsBench): Promise<boolean> {
  const rows = await queryRows(bench.databaseUrl, "select from pg_extension e where e.extname = 'pg_cron' and e.extversion < '1.5'");
  return rows.length > 0 && bench.stack.adminUrl !== undefined
    && (await queryRows(bench.stack.adminUrl, "select from pg_settings s where s.name = 'cron.database_name'")).length > 0;
}

/** Gives a run its keeper at once where the clock would take up to a minute. It ends with the run. */
export async function hurryKeeper(bench: FunctionsBench, runId: string): Promise<void> {
  if (!(await hasSlowClock(bench))) return;
  const client = new pg.Client({ connectionString: bench.databaseUrl });
  client.on("error", () => undefined);
  await client.connect();
  const { rows } = await client.query<{ command: string }>("select backup.keeper_command($1) as command", [runId]);
  client.query(rows[0]?.command ?? "").catch(() => undefined).finally(() => client.end().catch(() => undefined));
}

/** Starts a run over HTTP and returns its id once it waits for its keeper or has it. */
export async function startRunOverHttp(bench: FunctionsBench): Promise<string> {
  const answer = await callExport(bench, { action: "start" });
  const runId = answer.body["run_id"];
  if (answer.status !== 202 || typeof runId !== "string") throw new Error(`export-backup answered ${answer.status} ${JSON.stringify(answer.body)}`);
  await hurryKeeper(bench, runId);
  return runId;
}

/** Starts a run as pg_cron's weekly entry does and waits until a function has made it. */
export async function startRunByClock(bench: FunctionsBench): Promise<RunRow> {
  const before = (await readRun(bench))?.run_id;
  await queryRows(bench.databaseUrl, "select backup.run_job('export')");
  let run: RunRow | undefined;
  await waitUntil(async () => (run = await readRun(bench))?.run_id !== before, 20_000);
  if (run === undefined) throw new Error("No run has started");
  return run;
}

/** Waits until no invocation has ended for a moment, so that what comes later belongs to the next test. */
export async function untilQuiet(bench: FunctionsBench): Promise<void> {
  await waitUntil(async () => {
    const before = bench.stack.invocations().length;
    await new Promise((resolve) => setTimeout(resolve, 700));
    return bench.stack.invocations().length === before
      && (await queryRows(bench.databaseUrl, "select from pg_stat_activity a where a.application_name like 'holdfast export-backup%'")).length === 0;
  }, 20_000);
}
