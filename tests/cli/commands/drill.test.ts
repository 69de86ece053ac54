import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { type Bench, runCommand, startBench } from "../../support/e2e_bench.ts";
import { overwriteObject } from "../../support/e2e_drills.ts";
import { asSupautils } from "../../support/as_supautils.ts";
import { queryRows } from "../../support/query_rows.ts";
import { runHere } from "../../support/run_here.ts";
import { type HoldfastOutcome, runHoldfast } from "../../support/run_holdfast.ts";

describe("registerDrill()", () => {
  let source: TestDatabase;
  let empty: TestDatabase;
  let bench: Bench & { stop(): Promise<void> };
  let runId: string;
  beforeAll(async () => {
    [source, empty] = await Promise.all([createTestDatabase({ migrated: true }), createTestDatabase()]);
    bench = await startBench(source.url);
    ({ runId } = await runCommand(bench));
  }, 60_000);
  afterAll(async () => {
    await bench.stop();
    await source.drop();
    await empty.drop();
  });
  const drill = (env: Record<string, string>, ...argv: string[]): Promise<HoldfastOutcome> => runHoldfast(["drill", ...argv], { ...bench.s3Env, ...env });
  const drills = () => queryRows(source.url, "select d.run_id, d.engine, d.target, d.selection, d.verdict::text, d.state, d.failure_code from backup.drills d order by d.started_at");

  it("registerDrill() restores into a throw-away server, proves it, and records it in the ledger", async () => {
    const outcome = await drill({ HOLDFAST_DB_URL: source.url }, "--json");
    expect(outcome.code, outcome.stderr + outcome.stdout.slice(0, 3000)).toBe(0);
    const answer = JSON.parse(outcome.stdout) as Record<string, unknown>;
    expect(answer).toMatchObject({ run_id: runId, target: "embedded", selection: "latest", verdict: "passed", recorded: true,
      phase_seconds: { data: expect.any(Number), prove: expect.any(Number) }, proof: { verdict: "passed", scope: "full" } });
    expect(await drills()).toEqual([{ run_id: runId, engine: "cli", target: "embedded", selection: "latest", verdict: "passed", state: "complete", failure_code: null }]);
    expect(await queryRows(source.url, "select p.verified from backup.restore_points p")).toEqual([{ verified: true }]);
    expect(await queryRows(source.url, "select o.met from backup.recovery_objectives o where o.name = 'rto'")).toEqual([{ met: true }]);
  }, 180_000);

  it("registerDrill() needs no ledger: a random restore point into a database that is named", async () => {
    const outcome = await drill({}, "--from", "random", "--to", empty.url);
    expect(outcome.code, outcome.stderr + outcome.stdout.slice(0, 3000)).toBe(0);
    expect(outcome.stdout).toContain(`Drill of run ${runId}`);
    expect(outcome.stdout).toMatch(/restored and compared in .*: passed/);
    expect(outcome.stderr).toContain("Not recorded in a ledger: no database is configured.");
    expect(await drills()).toHaveLength(1);
  }, 180_000);

  it("registerDrill() passes with a key that may only read the bucket", async () => {
    const target = await createTestDatabase();
    bench.storage.faults.add({ kind: "status", method: "PUT", status: 403, code: "AccessDenied", times: 0 });
    try {
      const outcome = await runHere(["drill", "--to", target.url, "--json"], bench.s3Env);
      expect(outcome.code, outcome.stderr + outcome.stdout.slice(0, 3000)).toBe(0);
      expect(JSON.parse(outcome.stdout)).toMatchObject({ run_id: runId, verdict: "passed", proof_key: null });
    } finally {
      bench.storage.faults.clear();
      await target.drop();
    }
  }, 60_000);

  it("registerDrill() records a drill that a damaged object has failed, with the object's name", async () => {
    const [chunk] = await queryRows(source.url, "select c.object_key as key from backup.chunks c where c.run_id = $1 and c.kind = 'data' and c.table_name = 'savings' limit 1", [runId]);
    const key = String(chunk?.["key"]);
    const flip = (bytes: Uint8Array<ArrayBuffer>) => {
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      return bytes;
    };
    const before = await overwriteObject(bench, key, flip);
    const outcome = await drill({ HOLDFAST_DB_URL: source.url }, "--from", runId);
    await overwriteObject(bench, key, () => before);
    expect(outcome).toMatchObject({ code: 3, stderr: expect.stringContaining("HF501") });
    expect(outcome.stderr).toContain(key);
    expect((await drills()).at(-1)).toMatchObject({ selection: "named", verdict: "failed", state: "failed", failure_code: "HF501" });
    expect(await queryRows(source.url, "select a.cause, a.severity from backup.alerts a where a.resolved_at is null")).toEqual([{ cause: "drill_failed", severity: "critical" }]);
  }, 180_000);

  it("registerDrill() refuses the source as a target, and that says nothing about the backup", async () => {
    const count = (await drills()).length;
    expect(await drill({ HOLDFAST_DB_URL: source.url }, "--to", source.url)).toMatchObject({ code: 3, stderr: expect.stringContaining("HF502") });
    expect(await drills()).toHaveLength(count);
  }, 60_000);

  it("registerDrill() refuses an archived run without a word about the backup, thaws it when told to, and counts the wait", async () => {
    const count = (await drills()).length;
    await queryRows(source.url, "update backup.policies set storage_class = 'GLACIER' where tier = 'daily'");
    const { runId: archived } = await runCommand(bench);
    bench.storage.archive.thawMs = 1_500;
    const here = (...argv: string[]) => runHere(["drill", "--from", archived, ...argv], { ...bench.s3Env, HOLDFAST_DB_URL: source.url });
    expect(await here()).toMatchObject({ code: 3, stdout: "", stderr: expect.stringMatching(/HF603[^]*Standard 3 to 5 hours[^]*--thaw/) });
    expect(await here("--thaw-tier", "Bulk")).toMatchObject({ code: 2, stderr: expect.stringContaining("--thaw-tier needs --thaw") });
    await expect(queryRows(source.url, "select backup.start_drill('sql', $1)", [archived])).rejects.toMatchObject({ code: "HF603" });
    expect(await queryRows(source.url, "select p.archived from backup.restore_points p order by p.run_id")).toEqual([{ archived: false }, { archived: true }]);
    const asked = await here("--thaw", "--no-wait", "--json");
    expect(asked, asked.stderr).toMatchObject({ code: 12 });
    expect(JSON.parse(asked.stdout)).toMatchObject({ run_id: archived, thaw: { seconds: expect.any(Number), tier: "Standard" } });
    expect(await drills()).toHaveLength(count);

    const outcome = await here("--thaw", "--json");
    expect(outcome.code, outcome.stderr + outcome.stdout.slice(0, 3000)).toBe(0);
    const answer = JSON.parse(outcome.stdout) as { phase_seconds: { thaw: number } };
    expect(answer).toMatchObject({ run_id: archived, verdict: "passed", recorded: true, phase_seconds: { thaw: expect.any(Number) } });
    expect(await queryRows(source.url, "select (d.phase_seconds ->> 'thaw')::float8 as thaw, extract(epoch from d.finished_at - d.started_at) > (d.phase_seconds ->> 'thaw')::float8 as counted from backup.drills d where d.run_id = $1", [archived]))
      .toEqual([{ thaw: answer.phase_seconds.thaw, counted: true }]);
    await queryRows(source.url, "update backup.policies set storage_class = 'STANDARD' where tier = 'daily'");
  }, 180_000);

  it("registerDrill() says what is wrong with its options and that S3 is not configured", async () => {
    expect((await drill({}, "--within", "0")).code).toBe(2);
    expect((await drill({}, "--workers", "99")).code).toBe(2);
    expect((await drill({}, "--postgres", "oracle")).code).toBe(2);
    expect(await drill({}, "--from", "20200101T000000Z-aaaaaa")).toMatchObject({ code: 3, stderr: expect.stringContaining("HF500") });
    expect(await runHoldfast(["drill"], {})).toMatchObject({ code: 3, stderr: expect.stringContaining("HF007") });
  }, 60_000);

  it("registerDrill() makes in its own server what the platform lets a project make", async () => {
    await queryRows(source.adminUrl, "create extension moddatetime with schema extensions");
    await queryRows(source.url, `create function public.hear() returns event_trigger language plpgsql as 'begin end'; create table public.touched (at timestamptz);
      create trigger touch before update on public.touched for each row execute function extensions.moddatetime(at)`);
    await asSupautils(source.adminUrl, `create policy "own files" on storage.objects using (true); create event trigger hear on sql_drop execute function public.hear();
      create publication everything for all tables; create foreign data wrapper plain; create server elsewhere foreign data wrapper dblink_fdw`);
    const { runId: lent } = await runCommand(bench);
    const outcome = await drill({}, "--from", lent, "--json");
    expect(outcome.code, outcome.stderr + outcome.stdout.slice(0, 3000)).toBe(0);
    expect(JSON.stringify(JSON.parse(outcome.stdout))).not.toMatch(/may not create it|moddatetime/);
  }, 180_000);
});
