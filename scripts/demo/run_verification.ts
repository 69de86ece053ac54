import { setTimeout as sleep } from "node:timers/promises";
import { withClient } from "../../functions/_shared/database/connect.ts";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { latestReport } from "../../functions/_shared/report/latest_report.ts";

export interface DemoVerification {
  verificationId: string;
  verdict: "passed" | "failed" | "inconclusive" | "skipped";
  report: string;
}

const POLL_MS = 300;
const TIMEOUT_MS = 600_000;

/**
 * Asks for a verification as pg_cron does and waits for its verdict.
 *
 * @throws {HoldfastError} HF905 when no verification starts or ends in time.
 */
export async function runVerification(databaseUrl: string, say: (text: string) => void): Promise<DemoVerification> {
  return await withClient(databaseUrl, { applicationName: "holdfast demo" }, async (client) => {
    const deadline = performance.now() + TIMEOUT_MS;
    const { rows: [clock] } = await client.query<{ now: string }>("select clock_timestamp()::text as now");
    await client.query("select backup.run_job('verify')");
    say("Verifying: row counts, foreign keys, critical data, sequences, constraints, indexes, row security, stored objects …");
    let shown = 0;
    while (performance.now() < deadline) {
      const { rows: [found] } = await client.query<{ id: string; verdict: DemoVerification["verdict"] | null; done: number }>(
        `select v.verification_id as id, v.verdict,
                (select count(*)::integer from backup.verification_checks c where c.verification_id = v.verification_id and c.state = 'done') as done
         from backup.verifications v where v.started_at > $1::timestamptz order by v.started_at desc limit 1`, [clock?.now]);
      if (found !== undefined && found.done > shown) say(`  ${shown = found.done} checks done`);
      if (found?.verdict != null) {
        return { verificationId: found.id, verdict: found.verdict, report: (await latestReport(client, found.id)) ?? "" };
      }
      await sleep(POLL_MS);
    }
    throw new HoldfastError("HF905", "Cannot show the verification as it has not ended in time", {
      hint: "Look at select * from backup.verification_checks and at .holdfast/logs/stack.log." });
  });
}
