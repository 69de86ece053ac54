import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeClient } from "../../../../functions/_shared/database/close_client.ts";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import type { StepOutcome } from "../../../../functions/_shared/drill/drill_context.ts";
import { type ClaimedStep, DrillLedger } from "../../../../functions/_shared/drill/drill_ledger.ts";
import { startDrill } from "../../../../functions/_shared/drill/start_drill.ts";
import { type DrillBudget, workOnDrill } from "../../../../functions/_shared/drill/work_on_drill.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

const RUN = "20260101T000000Z-aaaaaa";
const ROOMY: DrillBudget = { maxBytes: Infinity, maxMs: 60_000, maxSteps: 100, renewMs: 1_000 };

describe("workOnDrill()", () => {
  let database: TestDatabase;
  let client: Client;
  let other: Client;
  let ledger: DrillLedger;
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    client = await connect(database.url, { applicationName: "holdfast test" });
    other = await connect(database.url, { applicationName: "holdfast test" });
    await client.query(`insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
      values ('${RUN}', 'complete', 'weekly', 'sql', 'cli', 'p/1/', now(), now(), 'p/1/manifest.json', 'sha')`);
  });
  beforeEach(async () => {
    await client.query("update backup.settings set external_clock = true, max_attempts = 2, lease_seconds = 5 where id");
    ledger = new DrillLedger(client, await startDrill(client, "sql", "latest"));
  });
  afterEach(() => client.query("delete from backup.drills; delete from backup.alerts"));
  afterAll(async () => {
    await closeClient(client);
    await closeClient(other);
    await database.drop();
  });

  const work = (perform: (step: ClaimedStep) => Promise<StepOutcome>, budget: Partial<DrillBudget> = {}, invocation = "i1") =>
    workOnDrill(ledger, invocation, { ...ROOMY, ...budget }, { now: () => performance.now(), sleep: async () => { await client.query("update backup.drill_steps set not_before = now()"); }, perform });
  const finish: StepOutcome = { finish: { verdict: "passed", rows: 3, raw_bytes: 30, proof: { passed: 1 }, proof_key: null } };
  /** Plans two loads and an end, as the real first step plans more. */
  const simple = (done: string[]) => async (step: ClaimedStep): Promise<StepOutcome> => {
    done.push(`${step.kind} ${JSON.stringify(step.payload)}`);
    if (step.kind === "begin") return { append: [{ kind: "load", phase: "data", payload: 1 }, { kind: "load", phase: "data", payload: 2 }, { kind: "end", phase: "prove" }] };
    if (step.kind === "end") return finish;
    return { bytes: 10, result: { loaded: step.payload } };
  };

  it("workOnDrill() performs the steps in their order and those they plan, to the end", async () => {
    const done: string[] = [];
    expect(await work(simple(done))).toEqual({ outcome: "ended", steps: 4, bytes: 20 });
    expect(done).toEqual(["begin {}", "load 1", "load 2", "end {}"]);
    expect(await ledger.results("load")).toEqual([{ loaded: 1 }, { loaded: 2 }]);
    expect(await ledger.progress()).toMatchObject({ state: "complete", verdict: "passed", steps_done: 4, steps_total: 4 });
    expect(Object.keys(await ledger.phaseSeconds())).toEqual(expect.arrayContaining(["check", "data", "prove"]));
  });

  it("workOnDrill() ends a drill as skipped when objects turn out to be archived, which says nothing about the backup", async () => {
    expect(await work((step) => (step.kind === "begin" ? simple([])(step) : Promise.reject(new HoldfastError("HF603", "archived"))))).toMatchObject({ outcome: "ended", steps: 2 });
    expect(await ledger.progress()).toMatchObject({ state: "complete", verdict: "skipped" });
    expect((await client.query("select d.proof ->> 'skipped' as reason from backup.drills d")).rows).toEqual([{ reason: expect.stringContaining("--thaw") }]);
  });

  it("workOnDrill() stops when its bytes are spent, and another invocation goes on", async () => {
    const done: string[] = [];
    expect(await work(simple(done), { maxBytes: 10 })).toEqual({ outcome: "budget", steps: 2, bytes: 10 });
    expect(await work(simple(done), { maxSteps: 1 })).toMatchObject({ outcome: "budget", steps: 1 });
    expect(await work(simple(done))).toMatchObject({ outcome: "ended", steps: 1 });
    expect(done).toEqual(["begin {}", "load 1", "load 2", "end {}"]);
  });

  it("workOnDrill() leaves a heavy step to an invocation that has done nothing yet, which does nothing else", async () => {
    const done: string[] = [];
    const perform = async (step: ClaimedStep): Promise<StepOutcome> => {
      done.push(step.kind);
      return step.kind === "begin" ? { append: [{ kind: "plan", phase: "schema_before", alone: true }, { kind: "end", phase: "prove" }] } : step.kind === "end" ? finish : {};
    };
    expect(await work(perform)).toMatchObject({ outcome: "budget", steps: 1 });
    expect(await work(perform)).toMatchObject({ outcome: "budget", steps: 1 });
    expect(await work(perform)).toMatchObject({ outcome: "ended", steps: 1 });
    expect(done).toEqual(["begin", "plan", "end"]);
  });

  it("workOnDrill() tries again what may pass, and then fails the drill with that error", async () => {
    let calls = 0;
    const report = await work(async () => {
      calls += 1;
      throw new HoldfastError("HF203", "Object storage is unavailable", { hint: "Wait." });
    });
    expect([report.outcome, calls]).toEqual(["ended", 2]);
    expect(await ledger.progress()).toMatchObject({ state: "failed", verdict: "failed", failure_code: "HF203", failure_message: "Object storage is unavailable Wait." });
  });

  it("workOnDrill() fails the drill at once with what stays, naming the object", async () => {
    await work(async () => { throw new HoldfastError("HF501", 'Object "p/1/data/x.gz" is damaged', { detail: "It has 3 bytes." }); });
    expect(await ledger.progress()).toMatchObject({ state: "failed", failure_code: "HF501", failure_message: 'Object "p/1/data/x.gz" is damaged: It has 3 bytes.' });
    const { rows } = await client.query("select a.severity, a.message from backup.alerts a where a.cause = 'drill_failed' and a.resolved_at is null");
    expect(rows).toEqual([{ severity: "critical", message: expect.stringContaining('Object "p/1/data/x.gz" is damaged') }]);
  });

  it("workOnDrill() does not write the message of an unexpected error into the ledger, which may quote a row", async () => {
    await work(async () => { throw new TypeError("secret-of-a-row"); });
    const { failure_code: code, failure_message: message } = await ledger.progress();
    expect([code, message]).toEqual(["XX000", expect.stringMatching(/^Step 1 \(begin\): TypeError/)]);
    expect(message).not.toContain("secret-of-a-row");
  });

  it("workOnDrill() ends a drill that cannot be carried out here, as neither passed nor failed", async () => {
    expect((await work(async () => ({ skip: "The schema is too large." }))).outcome).toBe("ended");
    expect(await ledger.progress()).toMatchObject({ state: "complete", verdict: "skipped" });
    expect((await client.query("select a.severity, a.message from backup.alerts a where a.resolved_at is null")).rows).toEqual([
      { severity: "warning", message: `Restore drill of ${RUN} was skipped: The schema is too large.` }]);
  });

  it("workOnDrill() stops without a report when its drill has ended or another worker has its step", async () => {
    const ended = await work(async () => {
      await other.query("select backup.fail_drill($1, 'HF521', 'cancelled')", [ledger.drillId]);
      return finish;
    });
    expect(ended.outcome).toBe("idle");
    expect(await ledger.progress()).toMatchObject({ state: "failed", failure_code: "HF521" });
  });

  it("workOnDrill() leaves a drill alone that somebody works on", async () => {
    await other.query("select backup.claim_drill_step($1, 'another')", [ledger.drillId]);
    expect(await work(async () => finish)).toEqual({ outcome: "idle", steps: 0, bytes: 0 });
  });

  it("workOnDrill() drops the result of a step that another worker took over meanwhile", async () => {
    const report = await work(async () => {
      await other.query("update backup.drill_steps set lease_until = now() - interval '1 second'");
      await other.query("select backup.claim_drill_step($1, 'another')", [ledger.drillId]);
      return { append: [{ kind: "twice", phase: "data" }] };
    });
    expect(report.outcome).toBe("idle");
    expect((await client.query("select s.kind, s.invocation from backup.drill_steps s")).rows).toEqual([{ kind: "begin", invocation: "another" }]);
  });

  it.each([["that cannot be carried out", async () => ({ skip: "too large" })], ["of an archived run", () => Promise.reject(new HoldfastError("HF603", "archived"))]] as const)(
    "workOnDrill() leaves a drill %s to the worker that took over its step", async (_what, perform) => {
      const report = await work(async () => {
        await other.query("update backup.drill_steps set lease_until = now() - interval '1 second'");
        await other.query("select backup.claim_drill_step($1, 'another')", [ledger.drillId]);
        return perform();
      });
      expect(report.outcome).toBe("idle");
      expect(await ledger.progress()).toMatchObject({ state: "running", held: true });
    });

  it("workOnDrill() renews the lease of a step that takes long", async () => {
    let lease: Date | undefined;
    const until = async () => (await other.query<{ lease_until: Date }>("select s.lease_until from backup.drill_steps s")).rows[0]?.lease_until;
    await work(async () => {
      lease = await until();
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect((await until())?.getTime()).toBeGreaterThan(lease?.getTime() ?? Infinity);
      return finish;
    }, { renewMs: 50 });
    expect(lease).toBeInstanceOf(Date);
  });
});
