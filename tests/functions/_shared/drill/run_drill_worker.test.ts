import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { closeClient } from "../../../../functions/_shared/database/close_client.ts";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { performDrillStep } from "../../../../functions/_shared/drill/perform_drill_step.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { type DrillWorld, startDrillWorld } from "../../../support/drill_world.ts";
import { waitUntil } from "../../../support/wait_until.ts";

describe("runDrillWorker()", () => {
  let world: DrillWorld;
  beforeAll(async () => {
    world = await startDrillWorld();
  }, 60_000);
  afterEach(() => world.client.query("delete from backup.drills; delete from backup.tickets; delete from backup.alerts"));
  afterAll(() => world.stop());
  const tickets = async () => (await world.client.query("select t.function_name, t.body ->> 'action' as action from backup.tickets t")).rows;

  it("runDrillWorker() does its share and asks for a fresh invocation for the rest", async () => {
    const drillId = await world.start();
    expect(await world.work(drillId)).toMatchObject({ outcome: "budget", steps: 2 });
    expect(await tickets()).toEqual([{ function_name: "restore-drill", action: "work" }]);
    expect(await world.scratchExists(drillId)).toBe(true);
    await world.client.query("select backup.fail_drill($1, 'HF521', 'the test is over')", [drillId]);
    expect(await world.work(drillId), "a worker of a drill that is over cleans up").toMatchObject({ outcome: "ended", steps: 0 });
    expect(await world.scratchExists(drillId)).toBe(false);
  }, 60_000);

  it("runDrillWorker() drops the scratch database when a step has failed the drill", async () => {
    const drillId = await world.start();
    await world.work(drillId, async (context, step) => {
      if (step.kind === "begin") return performDrillStep(context, step);
      await (await context.scratch()).query("create table public.started ()");
      throw new HoldfastError("HF505", "Cannot load table public.a");
    });
    expect(await world.read(drillId)).toMatchObject({ state: "failed", failure_code: "HF505" });
    expect(await world.scratchExists(drillId)).toBe(false);
    expect(await tickets()).toEqual([]);
  }, 60_000);

  it("runDrillWorker() gives a step that failed another session, so that a broken transaction stays behind", async () => {
    const drillId = await world.start();
    await world.client.query("update backup.settings set max_attempts = 3 where id");
    const pids: unknown[] = [];
    const perform = async (context: Parameters<typeof performDrillStep>[0], step: Parameters<typeof performDrillStep>[1]) => {
      if (step.kind === "begin") return performDrillStep(context, step);
      const client = await context.scratch();
      pids.push((await client.query("select pg_backend_pid() as pid")).rows[0].pid);
      if (pids.length > 1) return { skip: "enough" };
      await client.query("begin");
      throw Object.assign(new Error("deadlock"), { code: "40P01" });
    };
    await world.workToTheEnd(drillId, perform);
    expect(new Set(pids).size).toBe(2);
  }, 60_000);

  it("runDrillWorker() keeps its lease while the server takes long to create the scratch database", async () => {
    const drillId = await world.start();
    await world.client.query("update backup.settings set lease_seconds = 5 where id");
    const admin = await connect(world.database.adminUrl, { applicationName: "holdfast test" });
    // No database can be created meanwhile, and none dropped.
    await admin.query("begin; lock table pg_catalog.pg_database in share mode");
    const leases = new Set<unknown>();
    const read = async () => (await admin.query("select s.lease_until::text as until from backup.drill_steps s where s.kind = 'begin' and s.state = 'claimed'")).rows;
    try {
      const working = world.work(drillId);
      // One by the claim, one before the database is created, one while it is.
      await waitUntil(async () => {
        for (const { until } of await read()) leases.add(until);
        return leases.size >= 3;
      }).finally(() => admin.query("rollback"));
      await working;
    } finally {
      await closeClient(admin);
    }
    expect((await world.client.query("select s.attempts from backup.drill_steps s where s.kind = 'begin'")).rows).toEqual([{ attempts: 1 }]);
    await world.client.query("select backup.fail_drill($1, 'HF521', 'the test is over')", [drillId]);
    await world.work(drillId);
  }, 60_000);

  it("runDrillWorker() ends a drill with HF007 when S3 is no longer configured", async () => {
    const drillId = await world.start();
    expect((await world.work(drillId, undefined, null)).outcome).toBe("ended");
    expect(await world.read(drillId)).toMatchObject({ state: "failed", failure_code: "HF007" });
  });

  it("runDrillWorker() does nothing for a drill that is not there", async () => {
    expect(await world.work("00000000-0000-4000-8000-000000000000")).toEqual({ outcome: "ended", steps: 0, bytes: 0 });
  });
});
