import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Ledger } from "../../../../functions/_shared/export/ledger.ts";
import { workOnRun, type WorkerBudget, type WorkerHooks } from "../../../../functions/_shared/export/work_on_run.ts";
import { createExportWorld, type ExportWorld, HOOKS, openRun, type OpenRun } from "../../../support/export_world.ts";

const UNLIMITED: WorkerBudget = { maxBytes: Infinity, maxMs: Infinity, claimBytes: 12 * 1024 * 1024, schemaAlone: false };

describe("workOnRun()", () => {
  let world: ExportWorld;
  let run: OpenRun;

  beforeAll(async () => {
    world = await createExportWorld();
    await world.sql("create schema shop; create table shop.a as select g as id, repeat('x', 1000) as t from generate_series(1, 1000) g");
  });

  beforeEach(async () => {
    await world.sql("update backup.settings set included_schemas = '{shop}', chunk_bytes = 65536, max_attempts = 5 where id");
    run = await openRun(world);
  });

  afterEach(async () => {
    world.storage.faults.clear();
    await run.close();
  });

  afterAll(async () => {
    await world.close();
  });

  const work = (budget: Partial<WorkerBudget> = {}, hooks: Partial<WorkerHooks> = {}, context = run.context) =>
    workOnRun(context, { ...UNLIMITED, ...budget }, { ...HOOKS, onPlanned: async () => undefined, ...hooks });
  const progress = () => run.ledger.progress(run.runId);
  /** The next chunk waits this long, as after a failure. */
  const backOff = (seconds: number) => world.sql("update backup.chunks set not_before = clock_timestamp() + make_interval(secs => $2) where run_id = $1 and state = 'pending'", [run.runId, seconds]);

  it("workOnRun() takes a run from the plan to the manifest and tells what it did", async () => {
    let planned = 0;
    const report = await work({}, { onPlanned: async () => { planned++; } });
    const state = await progress();
    expect(state).toMatchObject({ state: "complete", chunks_done: state.chunks_total });
    expect(report).toEqual({ outcome: "ended", chunks: state.chunks_total, bytes: expect.any(Number) });
    expect(report.bytes).toBeGreaterThan(1_000_000);
    expect(planned).toBe(1);
  });

  it("workOnRun() stops claiming when its bytes are spent, and another worker goes on from there", async () => {
    const first = await work({ maxBytes: 200_000, claimBytes: 65_536 });
    expect(first).toMatchObject({ outcome: "budget" });
    expect(first.bytes).toBeLessThan(400_000);
    expect(await progress()).toMatchObject({ state: "exporting" });
    expect(await work()).toMatchObject({ outcome: "ended" });
    expect(await progress()).toMatchObject({ state: "complete" });
  });

  it("workOnRun() stops claiming when its time is spent", async () => {
    let now = 0;
    const report = await work({ maxMs: 50 }, { now: () => (now += 20) });
    expect(report).toMatchObject({ outcome: "budget" });
    expect(report.chunks).toBeGreaterThan(0);
    expect(await work({ maxMs: 0 })).toEqual({ outcome: "budget", chunks: 0, bytes: 0 });
  });

  it("workOnRun() of a function leaves the schema to a worker that does nothing else", async () => {
    expect(await work({ schemaAlone: true })).toMatchObject({ outcome: "budget", chunks: 2 });
    const [done] = await world.sql("select array_agg(kind::text order by chunk_no) as kinds from backup.chunks where run_id = $1 and state = 'done'", [run.runId]);
    expect(done).toEqual({ kinds: ["plan", "schema"] });
    // Data first: this worker is no longer fresh when the rendered schema comes up.
    expect(await work({ schemaAlone: true })).toMatchObject({ outcome: "budget", bytes: expect.any(Number) });
    expect(await work({ schemaAlone: true })).toMatchObject({ chunks: 1 });
    for (let n = 0; n < 3 && (await progress()).state === "exporting"; n++) await work({ schemaAlone: true });
    expect(await progress()).toMatchObject({ state: "complete" });
  });

  it("workOnRun() is idle when another worker holds what is left", async () => {
    await run.ledger.claim(run.runId, "another", 1, true);
    expect(await work()).toEqual({ outcome: "idle", chunks: 0, bytes: 0 });
  });

  it("workOnRun() sits out a short back-off, and leaves a long one to the next minute", async () => {
    await backOff(3);
    const naps: number[] = [];
    const report = await work({}, { sleep: async (ms) => { naps.push(ms); await HOOKS.sleep(ms); } });
    expect(report.outcome).toBe("ended");
    expect(naps[0]).toBeGreaterThan(500);
    expect(naps[0]).toBeLessThanOrEqual(3000);
  });

  it("workOnRun() takes a chunk whose back-off ends between its claim and its question for how long", async () => {
    let asked = 0;
    const claim: Ledger["claim"] = async (...call) => (asked++ === 0 ? [] : await run.ledger.claim(...call));
    const ledger = Object.assign(new Ledger(run.context.client), { claim });
    const naps: number[] = [];
    const report = await work({}, { sleep: async (ms) => { naps.push(ms); await HOOKS.sleep(ms); } }, { ...run.context, ledger });
    expect(report.outcome).toBe("ended");
    expect(naps[0]).toBe(50);
  });

  it("workOnRun() does not wait for a back-off of a minute, nor longer than its time", async () => {
    await backOff(60);
    expect((await work()).outcome).toBe("idle");
    await backOff(5);
    expect((await work({ maxMs: 1000 })).outcome).toBe("idle");
  });

  it("workOnRun() ends at once when the run is over", async () => {
    await run.ledger.fail(run.runId, "HF003", "over", null);
    expect(await work()).toEqual({ outcome: "ended", chunks: 0, bytes: 0 });
  });

  it("workOnRun() tries again what may pass: a storage that is unavailable", async () => {
    world.storage.faults.add({ kind: "status", status: 503, code: "SlowDown", method: "PUT", key: "globals", times: 3 });
    expect((await work()).outcome).toBe("ended");
    expect(await progress()).toMatchObject({ state: "complete" });
    const [globals] = await world.sql("select attempts, error_code from backup.chunks where run_id = $1 and kind = 'globals'", [run.runId]);
    expect(globals).toEqual({ attempts: 2, error_code: null });
  });

  it("workOnRun() tries again what the server may get over: a lock timeout", async () => {
    const { client } = run.context;
    let refused = 0;
    const flaky = new Proxy(client, {
      get: (target, name) => (name !== "query" ? Reflect.get(target, name) : (...args: unknown[]) => {
        if (String(args[0]).includes("backup.globals()") && refused++ === 0) return Promise.reject(Object.assign(new Error("canceling statement"), { code: "55P03" }));
        return Reflect.apply(target.query, target, args);
      }),
    });
    await work({}, {}, { ...run.context, client: flaky });
    expect(await progress()).toMatchObject({ state: "complete" });
    expect(refused).toBe(2);
  });

  it("workOnRun() fails the run with the storage's code when every attempt met it", async () => {
    await world.sql("update backup.settings set max_attempts = 2 where id");
    world.storage.faults.add({ kind: "status", status: 503, code: "SlowDown", method: "PUT", key: "globals", times: 0 });
    expect((await work()).outcome).toBe("ended");
    expect(await progress()).toMatchObject({ state: "failed", failure_code: "HF203" });
    const [row] = await world.sql<{ detail: string }>("select failure_detail as detail from backup.runs where run_id = $1", [run.runId]);
    expect(row?.detail).toContain("2 attempts");
  });

  it.each([
    ["a denied key", { status: 403, code: "AccessDenied" }, "HF202"],
    ["a missing bucket", { status: 404, code: "NoSuchBucket" }, "HF201"],
  ])("workOnRun() fails the run at once after %s", async (_, fault, code) => {
    world.storage.faults.add({ kind: "status", method: "PUT", times: 0, ...fault });
    expect((await work()).outcome).toBe("ended");
    expect(await progress()).toMatchObject({ state: "failed", failure_code: code });
    const [row] = await world.sql<{ attempts: number }>("select max(attempts) as attempts from backup.chunks where run_id = $1", [run.runId]);
    expect(row?.attempts).toBe(1);
  });

  it("workOnRun() records a bug by its place and fails the run, without the words of the error", async () => {
    const s3 = { ...world.s3, putObject: async () => { throw new TypeError("row is ada@example.org"); } };
    await work({}, {}, { ...run.context, s3 });
    const state = await progress();
    expect(state).toMatchObject({ state: "failed", failure_code: "XX000", failure_message: expect.stringMatching(/^TypeError at /) });
    expect(state.failure_message).not.toContain("ada@example.org");
  });

  it("workOnRun() says with HF305 what the role may not read", async () => {
    const refused = () => Promise.reject(Object.assign(new Error("permission denied for table prices"), { code: "42501" }));
    await work({}, {}, { ...run.context, s3: { ...world.s3, putObject: refused } });
    expect(await progress()).toMatchObject({ state: "failed", failure_code: "HF305", failure_message: expect.stringMatching(/may not read everything: permission denied for table prices .*BYPASSRLS/) });
  });

  it("workOnRun() throws a lost connection and leaves its claim to the lease", async () => {
    const { rows: [row] } = await run.context.client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const kill = async () => { await world.sql("select pg_terminate_backend($1)", [row?.pid]); await HOOKS.sleep(100); };
    await expect(work({}, { onPlanned: kill })).rejects.toThrow();
    expect((await world.sql("select state::text from backup.runs where run_id = $1", [run.runId]))).toEqual([{ state: "exporting" }]);
  });

  it("workOnRun() drops what it copied and goes on when another worker took over a part of its claim", async () => {
    let taken = false;
    const { s3 } = run.context;
    const putObject: typeof s3.putObject = async (key, ...rest) => {
      if (!taken && key.includes("/data/")) {
        taken = true;
        await world.sql(`update backup.chunks set claim_id = gen_random_uuid(), claimed_by = 'another'
                         where run_id = $1 and chunk_no = (select max(chunk_no) from backup.chunks where run_id = $1 and kind = 'data')`, [run.runId]);
      }
      return s3.putObject(key, ...rest);
    };
    expect(await work({}, {}, { ...run.context, s3: { ...s3, putObject } })).toMatchObject({ outcome: "idle" });
    expect(taken).toBe(true);
    expect(await progress()).toMatchObject({ state: "exporting" });
    expect(await world.sql("select claimed_by from backup.chunks where run_id = $1 and kind = 'data' and state <> 'done'", [run.runId])).toEqual([{ claimed_by: "another" }]);
  });

  it("workOnRun() stops without an error when the run ends while it works", async () => {
    const report = await work({}, { onPlanned: async () => { await world.sql("select backup.fail_run($1, 'HF003', 'cancelled')", [run.runId]); } });
    expect(report).toMatchObject({ outcome: "ended", chunks: 1 });
    expect(await progress()).toMatchObject({ state: "failed", failure_message: "cancelled" });
  });
});
