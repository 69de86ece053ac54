import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../../functions/_shared/database/connect.ts";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { Ledger } from "../../functions/_shared/export/ledger.ts";
import { type CompletedRun, readCompletedRun } from "../../functions/_shared/export/read_completed_run.ts";
import { formatBytes, formatCount } from "../../functions/_shared/report/format_quantity.ts";

export interface DemoRun extends CompletedRun {
  seconds: number;
}

const POLL_MS = 250;
/** An old pg_cron starts the keeper at the next full minute, and a clock outside may have to be asked twice. */
const START_TIMEOUT_MS = 180_000;

/**
 * Asks for an export as pg_cron does, through the job that its schedule calls, and follows the run to its end.
 *
 * @throws {HoldfastError} HF002 when the run of somebody else is active, HF905 when no run appears, or the code the run failed with.
 */
export async function runExport(databaseUrl: string, say: (text: string) => void): Promise<DemoRun> {
  const client = await connect(databaseUrl, { applicationName: "holdfast demo" });
  try {
    const ledger = new Ledger(client);
    const started = performance.now();
    const { rows: [before] } = await client.query<{ newest: string }>(
      "select coalesce(max(r.run_id), '') as newest from backup.runs r");
    await client.query("select backup.run_job('export')");
    let runId = "";
    while (runId === "") {
      if (performance.now() - started > START_TIMEOUT_MS) {
        throw new HoldfastError("HF905", "Cannot follow the export as no run has started", {
          hint: "Look at .holdfast/logs/stack.log and at select * from backup.job_runs." });
      }
      await sleep(POLL_MS);
      const { rows: [run] } = await client.query<{ run_id: string }>(
        "select r.run_id from backup.runs r where r.run_id > $1 order by r.run_id desc limit 1", [before?.newest ?? ""]);
      runId = run?.run_id ?? "";
    }
    say(`Run ${runId}: waiting for the keeper's snapshot …`);
    let shown = "";
    for (;;) {
      const now = await ledger.progress(runId);
      const line = now.state === "starting" ? "" :
        `  ${String(Math.floor(100 * now.chunks_done / Math.max(1, now.chunks_total))).padStart(3)} %  ${now.chunks_done} of ${now.chunks_total} chunks, ${formatBytes(now.bytes_done)} of ${formatBytes(now.bytes_total)}`;
      if (line !== shown && line !== "") say(line);
      shown = line;
      if (now.state === "complete" || now.state === "failed") break;
      await sleep(POLL_MS);
    }
    const run = await readCompletedRun(client, runId);
    const seconds = (performance.now() - started) / 1000;
    say(`Exported ${formatCount(run.rows)} rows (${formatBytes(run.rawBytes)}, ${formatBytes(run.storedBytes)} stored) in ${seconds.toFixed(1)} s.`);
    return { ...run, seconds };
  } finally {
    await client.end();
  }
}
