import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../../functions/_shared/database/connect.ts";
import { applyMigrations } from "../../stack/apply_migrations.ts";
import { s3Secrets } from "../../stack/s3_secrets.ts";
import { startStack } from "../../stack/start_stack.ts";
import { makeData } from "./make_data.ts";

/** One export and a drill of it through the Edge Functions, with the hosted limits enforced: invocations and what each of them used. */
export async function measureFunctions(options: { dir: string; bytes: number }): Promise<void> {
  const stack = await startStack({
    dir: options.dir, freshData: true, flavor: "embedded", functionSecrets: ({ s3 }) => s3Secrets(s3), basePort: 56_700,
    postgresSettings: { shared_buffers: "512MB", max_wal_size: "8GB" },
  });
  try {
    await applyMigrations(stack.databaseUrl);
    await makeData(stack.databaseUrl, options.bytes, true);
    const client = await connect(stack.databaseUrl, { applicationName: "holdfast bench" });
    try {
      await client.query("update backup.settings set functions_url = $1 where id", [stack.functionsUrl]);
      await client.query("select * from backup.enable()");
      await client.query("select backup.run_job('export')");
      let state = "";
      while (state !== "complete" && state !== "failed") {
        await sleep(500);
        const { rows: [run] } = await client.query<{ state: string }>("select r.state from backup.runs r");
        state = run?.state ?? "";
      }
      const { rows: [run] } = await client.query<{ seconds: string; raw_mb: string; stored_mb: string; failure: string | null; attempts: number }>(
        `select extract(epoch from r.finished_at - r.requested_at)::numeric(8,1) as seconds, (r.raw_bytes / 1048576)::text as raw_mb, (r.stored_bytes / 1048576)::text as stored_mb,
                r.failure_code || ' ' || r.failure_message as failure, (select max(c.attempts) from backup.chunks c where c.run_id = r.run_id) as attempts
         from backup.runs r`);
      await sleep(500);
      const max = (values: number[]) => Math.round(Math.max(0, ...values));
      const used = (all: ReturnType<typeof stack.invocations>) =>
        `per invocation at most ${max(all.map((one) => one.cpuMs))} ms CPU, ${max(all.map((one) => one.peakMb))} MB, ${max(all.map((one) => one.wallMs))} ms wall; killed: ${all.filter((one) => one.outcome !== "ok").length}`;
      const all = stack.invocations().filter((one) => one.slug === "export-backup");
      console.log(`functions, ${Math.round(options.bytes / 1048576)} MiB: ${state}${run?.failure ? ` (${run.failure})` : ""} in ${run?.seconds ?? "?"} s, ${run?.raw_mb ?? "?"} MiB of COPY text, ${run?.stored_mb ?? "?"} MiB stored, ${all.length} invocations`);
      console.log(`  ${used(all)}; most attempts of a chunk: ${run?.attempts ?? "?"}`);
      console.log(`  invocations per 100 MiB of COPY text: ${(100 * all.length / Math.max(1, Number(run?.raw_mb))).toFixed(1)}`);
      await client.query("select backup.run_job('drill')");
      for (let ended = false; !ended; await sleep(500)) {
        const { rows: [drill] } = await client.query<{ state: string; seconds: string | null; failure: string | null }>(
          "select d.state || coalesce(' ' || d.verdict::text, '') as state, extract(epoch from d.finished_at - d.started_at)::numeric(8,1) as seconds, d.failure_code || ' ' || d.failure_message as failure from backup.drills d");
        ended = drill !== undefined && drill.seconds !== null;
        if (!ended || drill === undefined) continue;
        const drilling = stack.invocations().filter((one) => one.slug === "restore-drill");
        console.log(`  drill: ${drill.state}${drill.failure === null ? "" : ` (${drill.failure})`} in ${drill.seconds} s, ${drilling.length} invocations; ${used(drilling)}`);
      }
    } finally {
      await client.end();
    }
  } finally {
    await stack.stop();
  }
}
