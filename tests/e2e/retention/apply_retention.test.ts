import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createS3Client, type S3Client } from "../../../functions/_shared/s3/s3_client.ts";
import { parseS3Config } from "../../../functions/_shared/s3/s3_config.ts";
import { HOSTED_LIMITS } from "../../../stack/functions/limits.ts";
import type { Invocation } from "../../../stack/functions/invocation.ts";
import { type FunctionsBench, startFunctionsBench } from "../../support/e2e_bench.ts";
import { whenHit } from "../../support/e2e_runs.ts";
import { makeUpRun, prefixOf } from "../../support/made_up_run.ts";
import { queryRows } from "../../support/query_rows.ts";
import { waitUntil } from "../../support/wait_until.ts";

/** More than one invocation deletes. HOLDFAST_RETENTION_OBJECTS makes it as large as one likes to measure. */
const MANY = Number(process.env["HOLDFAST_RETENTION_OBJECTS"] ?? 450);

describe("apply-retention", () => {
  let bench: FunctionsBench;
  let s3: S3Client;
  let young: string;
  beforeAll(async () => {
    // With versions each object costs a HEAD and a DELETE: the most a deletion can cost.
    bench = await startFunctionsBench({ s3: { objectLock: true } });
    const config = parseS3Config(bench.s3Env);
    if (config === null) throw new Error("The bench has no storage settings");
    s3 = createS3Client(config);
    await sql("update backup.settings set retention_mode = 'apply', retention_minimum = 1, retention_grace = '2 days' where id");
    young = await run(1, 3);
  }, 120_000);
  afterEach(() => bench.storage.faults.clear());
  afterAll(() => bench.stop());

  const sql = (text: string, values?: unknown[]) => queryRows(bench.databaseUrl, text, values);
  const run = (daysAgo: number, objects: number, lockedUntil?: Date) => makeUpRun(sql, s3, { daysAgo, objects, ...(lockedUntil === undefined ? {} : { lockedUntil }) });
  const keys = async (runId: string): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of s3.listObjects(prefixOf(runId))) found.push(key.slice(prefixOf(runId).length));
    return found;
  };
  const marks = (runId: string) => sql("select m.swept_at is not null as swept, m.objects_deleted::int as objects, m.locked_until, m.error_code, m.lease_until is not null as held from backup.retention_marks m where m.run_id = $1", [runId]);
  const endGrace = () => sql("update backup.retention_marks set delete_after = now() - interval '1 minute' where swept_at is null");
  const isDeleted = async (runId: string): Promise<boolean> => (await sql("select from backup.runs r where r.run_id = $1 and r.state = 'expired' and r.objects_deleted_at is not null", [runId])).length > 0;
  const invocations = (): Invocation[] => bench.stack.invocations().filter((one) => one.slug === "apply-retention");
  const call = async (body?: unknown) => {
    const response = await fetch(`${bench.stack.functionsUrl}/apply-retention`, {
      method: body === undefined ? "GET" : "POST", headers: { apikey: bench.stack.secretKey, "content-type": "application/json" }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: response.status, body: (await response.json()) as { runs: { run_id: string; decision: string; locked_until: string | null }[] } };
  };
  /** As the daily entry of pg_cron does. */
  const byClock = () => sql("select backup.run_job('retention')");
  /** Until this many more invocations have ended and no session works on. */
  const untilDone = async (before: number): Promise<void> => {
    await waitUntil(async () => invocations().length > before && (await sql("select from pg_stat_activity a where a.application_name like 'holdfast apply-retention%'")).length === 0, 120_000);
  };

  it("apply-retention marks what is over, waits for the grace period, and deletes it in as many invocations as it takes", async () => {
    const old = await run(400, MANY);
    const before = invocations().length;
    expect(await call({ apply: true })).toMatchObject({ status: 202 });
    await untilDone(before);
    expect(await marks(old)).toEqual([{ swept: false, objects: 0, locked_until: null, error_code: null, held: false }]);
    expect(await keys(old)).toHaveLength(MANY + 1);

    await endGrace();
    await byClock();
    await waitUntil(() => isDeleted(old), 240_000);
    await untilDone(before);
    expect([await keys(old), (await keys(young)).length]).toEqual([[], 4]);
    expect(await marks(old)).toMatchObject([{ swept: true, objects: MANY + 1 }]);
    const spent = invocations().slice(before);
    if (MANY > 450) console.log(spent.map(({ cpuMs, peakMb, wallMs, outcome }) => `${outcome} ${Math.round(cpuMs)} ms CPU, ${Math.round(peakMb)} MB, ${Math.round(wallMs)} ms`).join("\n"));
    expect(spent.length).toBeGreaterThan(2);
    expect(spent.filter((one) => one.outcome !== "ok" || one.cpuMs >= HOSTED_LIMITS.cpuSoftMs || one.peakMb > 200)).toEqual([]);
  }, 300_000);

  it("apply-retention goes on where a killed invocation was, over a storage that is away now and then", async () => {
    const old = await run(401, 40);
    await sql("update backup.settings set retention_grace = '0' where id");
    bench.storage.faults.add({ kind: "status", status: 503, code: "SlowDown", method: "DELETE", times: 4, skip: 8 });
    await byClock();
    await whenHit(bench, { kind: "delay", delayMs: 2_000, method: "DELETE", key: "data/000020" }, () => Promise.resolve(expect(bench.stack.killIsolates("apply-retention")).toBeGreaterThan(0)));
    bench.storage.faults.clear();
    const left = await keys(old);
    // What is left is no backup any more, and nobody takes it for one.
    expect(left.includes("manifest.json")).toBe(false);
    expect(left.length).toBeGreaterThan(10);
    expect(await marks(old)).toMatchObject([{ swept: false, held: true }]);
    await sql("update backup.retention_marks set lease_until = now() where lease_until is not null");
    await byClock();
    await waitUntil(() => isDeleted(old), 60_000);
    expect(await keys(old)).toEqual([]);
    expect(await sql("select a.cause from backup.alerts a where a.resolved_at is null and a.cause = 'retention_blocked'")).toEqual([]);
  }, 120_000);

  it("apply-retention leaves a locked run whole, says until when, and deletes the others", async () => {
    const until = new Date(Math.ceil((Date.now() + 3600_000) / 1000) * 1000);
    const [locked, free] = [await run(402, 3, until), await run(403, 3)];
    const before = invocations().length;
    await byClock();
    await waitUntil(() => isDeleted(free), 60_000);
    await untilDone(before);
    expect(await keys(locked)).toHaveLength(4);
    expect(await marks(locked)).toEqual([{ swept: false, objects: 0, locked_until: until, error_code: null, held: false }]);
    expect((await call()).body.runs.find((one) => one.run_id === locked)).toMatchObject({ decision: "expire", locked_until: until.toISOString() });
    expect(await sql("select a.cause from backup.alerts a where a.resolved_at is null and a.cause = 'retention_blocked'")).toHaveLength(1);
  }, 120_000);
});
