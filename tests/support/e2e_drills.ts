import { AwsClient } from "aws4fetch";
import { type Bench, BUCKET, type FunctionsBench } from "./e2e_bench.ts";
import type { Answer } from "./e2e_functions.ts";
import { queryRows } from "./query_rows.ts";
import { waitUntil } from "./wait_until.ts";

/** A drill as the ledger tells it. */
export interface DrillRow {
  drill_id: string;
  run_id: string;
  state: string;
  verdict: string | null;
  selection: string;
  scratch_database: string;
  failure_code: string | null;
  failure_message: string | null;
  phase_seconds: Record<string, number>;
  rows: string | null;
  raw_bytes: string | null;
  proof: Record<string, unknown>;
  proof_key: string | null;
}

/** Calls restore-drill as a program with a secret key does, or with other headers. */
export async function callDrill(bench: FunctionsBench, body: unknown = {}, headers?: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${bench.stack.functionsUrl}/restore-drill`, {
    method: "POST", headers: { "content-type": "application/json", ...(headers ?? { apikey: bench.stack.secretKey }) }, body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Starts a drill over HTTP and returns its id. */
export async function startDrillOverHttp(bench: FunctionsBench, from = "latest"): Promise<string> {
  const answer = await callDrill(bench, { action: "start", from });
  const drillId = answer.body["drill_id"];
  if (answer.status !== 202 || typeof drillId !== "string") throw new Error(`restore-drill answered ${answer.status} ${JSON.stringify(answer.body)}`);
  return drillId;
}

export async function readDrillRow(bench: FunctionsBench, drillId: string): Promise<DrillRow> {
  const rows = await queryRows(bench.databaseUrl, "select d.*, d.state::text from backup.drills d where d.drill_id = $1", [drillId]);
  if (rows[0] === undefined) throw new Error(`Drill ${drillId} is not in the ledger`);
  return rows[0] as unknown as DrillRow;
}

/** Waits for the end of a drill; calls the minute tick every second, so that a test need not wait for minutes. */
export async function waitForDrill(bench: FunctionsBench, drillId: string, timeoutMs = 90_000): Promise<DrillRow> {
  const end = Date.now() + timeoutMs;
  for (let turn = 1; ; turn++) {
    const drill = await readDrillRow(bench, drillId);
    if (drill.state !== "running") return drill;
    if (Date.now() > end) {
      const steps = await queryRows(bench.databaseUrl, "select s.step_no, s.kind, s.state, s.attempts, s.error_code, s.error_message from backup.drill_steps s where s.drill_id = $1 and s.state <> 'done'", [drillId]);
      throw new Error(`Drill ${drillId} has not ended within ${timeoutMs} ms: ${JSON.stringify(steps.slice(0, 3))}`);
    }
    if (turn % 5 === 0) await queryRows(bench.databaseUrl, "select backup.run_job('tick')");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Scratch databases on the server of this bench. */
export async function scratchDatabases(bench: FunctionsBench): Promise<string[]> {
  const rows = await queryRows(bench.databaseUrl, "select b.datname::text as name from pg_database b where b.datname like 'holdfast\\_drill\\_%' order by 1");
  return rows.map((row) => String(row["name"]));
}

/** Waits until nothing of a drill is left on the server. */
export async function untilNoScratch(bench: FunctionsBench, timeoutMs = 15_000): Promise<void> {
  await waitUntil(async () => (await scratchDatabases(bench)).length === 0, timeoutMs);
}

/** Puts other bytes in the place of an object, as no client of ours would. Returns what was there. */
export async function overwriteObject(bench: Pick<Bench, "storage">, key: string, change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const { storage } = bench;
  const client = new AwsClient({ accessKeyId: storage.accessKeyId, secretAccessKey: storage.secretAccessKey, service: "s3", region: "us-east-1" });
  const url = `${storage.endpoint}/${BUCKET}/${key.split("/").map(encodeURIComponent).join("/")}`;
  const read = await client.fetch(url);
  if (!read.ok) throw new Error(`Cannot read ${key}: ${read.status}`);
  const before = new Uint8Array(await read.arrayBuffer());
  const written = await client.fetch(url, { method: "PUT", body: change(before.slice()) });
  if (!written.ok) throw new Error(`Cannot write ${key}: ${written.status} ${await written.text()}`);
  return before;
}
