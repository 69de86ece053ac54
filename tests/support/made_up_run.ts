import type { S3Client } from "../../functions/_shared/s3/s3_client.ts";

export interface MadeUpRun {
  daysAgo: number;
  /** Beside the manifest. */
  objects?: number;
  state?: "complete" | "failed";
  lockedUntil?: Date;
}

const DAY = 86_400_000;
const PARALLEL = 16;

let serial = 0;

export const prefixOf = (runId: string): string => `holdfast/local/runs/${runId}/`;

/** Puts a run into a ledger and a bucket that was never exported: retention never reads what is in an object. Returns its id. */
export async function makeUpRun(sql: (text: string, values: unknown[]) => Promise<unknown>, s3: S3Client, { daysAgo, objects = 3, state = "complete", lockedUntil }: MadeUpRun): Promise<string> {
  const at = new Date(Date.now() - daysAgo * DAY);
  const runId = `${at.toISOString().replace(/[-:]|\.\d+/g, "")}-${(++serial).toString(16).padStart(6, "0")}`;
  await sql(
    `insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256, failure_code, failure_message)
     values ($1, $2::backup.run_state, 'daily', 'sql', 'cli', $3, $4, $4, case when $2 = 'complete' then $3 || 'manifest.json' end, case when $2 = 'complete' then 's' end,
             case when $2 = 'failed' then 'HF300' end, case when $2 = 'failed' then 'x' end)`, [runId, state, prefixOf(runId), at]);
  const options = { verify: false, ...(lockedUntil === undefined ? {} : { objectLock: { mode: "GOVERNANCE", retainUntil: lockedUntil } as const }) };
  for (let first = 0; first < objects; first += PARALLEL) {
    await Promise.all(Array.from({ length: Math.min(PARALLEL, objects - first) }, (_, n) =>
      s3.putObject(`${prefixOf(runId)}data/${String(first + n).padStart(6, "0")}.copy.gz`, Buffer.from(`rows ${first + n}`), options)));
  }
  if (state === "complete") await s3.putObject(`${prefixOf(runId)}manifest.json`, Buffer.from("{}"), options);
  return runId;
}
