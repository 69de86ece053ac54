import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyRetention } from "../../../../functions/_shared/retention/apply_retention.ts";
import { prefixOf } from "../../../support/made_up_run.ts";
import { createRetentionWorld, type RetentionWorld } from "../../../support/retention_world.ts";

describe("applyRetention()", () => {
  let world: RetentionWorld;
  beforeAll(async () => void (world = await createRetentionWorld()));
  afterAll(() => world.close());
  beforeEach(() => world.reset());

  const apply = (more: { objects?: number; s3?: RetentionWorld["s3"]; projectRef?: string | null } = {}) => applyRetention({
    database: world.client, projectRef: more.projectRef ?? null, s3: more.s3 ?? world.s3, budget: { objects: more.objects ?? Infinity, until: Infinity, now: () => 0 } });
  const marks = () => world.sql("select run_id, swept_at is not null as swept, locked_until, error_code from backup.retention_marks order by run_id");

  it("applyRetention() marks, waits, deletes; each object and no other", async () => {
    const [old, newest] = [await world.run({ daysAgo: 400 }), await world.run({ daysAgo: 1 })];
    expect(await apply()).toMatchObject({ marked: 1, runs: [], complete: true });
    expect((await world.keys(old)).length).toBe(4);
    expect(await apply()).toMatchObject({ marked: 0, runs: [] });
    await world.endGrace();
    expect(await apply()).toMatchObject({ runs: [{ runId: old, outcome: "done", objects: 4 }], complete: true });
    expect([await world.keys(old), (await world.keys(newest)).length]).toEqual([[], 4]);
    expect(await world.sql("select state, objects_deleted_at is not null as gone from backup.runs order by run_id")).toEqual([{ state: "expired", gone: true }, { state: "complete", gone: false }]);
    expect(await apply()).toMatchObject({ marked: 0, runs: [] });
  });

  it("applyRetention() keeps a run that was proven during its grace period", async () => {
    const [old] = [await world.run({ daysAgo: 400 }), await world.run({ daysAgo: 1 })];
    await apply();
    await world.endGrace();
    await world.sql("insert into backup.drills (run_id, trigger, verdict, state, finished_at) values ($1, 'sql', 'passed', 'complete', now())", [old]);
    expect(await apply()).toMatchObject({ unmarked: 1, runs: [] });
    expect([(await world.keys(old)).length, await marks()]).toEqual([4, []]);
  });

  it("applyRetention() goes on where a budget ended, and where a process died after the manifest", async () => {
    const [old] = [await world.run({ daysAgo: 400, objects: 25 }), await world.run({ daysAgo: 1 })];
    await apply();
    await world.endGrace();
    expect(await apply({ objects: 10 })).toMatchObject({ runs: [{ outcome: "more" }], complete: false });
    expect(await world.sql("select from backup.restore_points where run_id = $1", [old])).toEqual([]);
    const dying = world.s3With({}, {});
    let left = 5;
    const s3 = { ...dying, deleteObject: (key: string) => (left-- > 0 ? dying.deleteObject(key) : Promise.reject(new Error("the process died"))) };
    await expect(apply({ s3 })).rejects.toThrow("the process died");
    await world.sql("update backup.retention_marks set lease_until = now() - interval '1 second' where claim_id is not null");
    expect(await apply()).toMatchObject({ runs: [{ outcome: "done" }], complete: true });
    expect([await world.keys(old), await marks()]).toEqual([[], [expect.objectContaining({ swept: true })]]);
  });

  it("applyRetention() reports a lock once with its date and does not try before, and leaves the run a restore point", async () => {
    const lockedUntil = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3600_000);
    const [old] = [await world.run({ daysAgo: 400, s3: world.locking, lockedUntil }), await world.run({ daysAgo: 1, s3: world.locking })];
    await apply({ s3: world.locking });
    await world.sql("update backup.retention_marks set delete_after = now() - interval '1 hour'");
    expect(await apply({ s3: world.locking })).toMatchObject({ runs: [{ runId: old, outcome: "locked", lockedUntil: lockedUntil.toISOString() }] });
    expect(await marks()).toMatchObject([{ locked_until: lockedUntil }]);
    expect(await world.sql("select cause, message from backup.alerts where resolved_at is null")).toEqual([{ cause: "retention_blocked", message: expect.stringContaining("1 locked") }]);
    expect(await world.sql("select state from backup.runs where run_id = $1", [old])).toEqual([{ state: "complete" }]);
    expect(await apply({ s3: world.locking })).toMatchObject({ runs: [] });
  });

  it("applyRetention() raises an alert when the storage refuses, and resolves it when the run is gone", async () => {
    await world.run({ daysAgo: 400 });
    await world.run({ daysAgo: 1 });
    await apply();
    await world.endGrace();
    world.storage.faults.add({ kind: "status", status: 403, code: "AccessDenied", method: "DELETE" });
    expect(await apply()).toMatchObject({ runs: [{ outcome: "refused", errorCode: "HF202" }] });
    expect(await world.sql("select cause from backup.alerts where resolved_at is null")).toEqual([{ cause: "retention_blocked" }]);
    world.storage.faults.clear();
    await world.endGrace();
    expect(await apply()).toMatchObject({ runs: [{ outcome: "done" }] });
    expect(await world.sql("select from backup.alerts where resolved_at is null")).toEqual([]);
  });

  it("applyRetention() deletes what failed runs left, and never what a running one writes", async () => {
    const failed = await world.run({ daysAgo: 10, state: "failed" });
    const late = await world.run({ daysAgo: 1, state: "failed" });
    const running = "20200101T000000Z-ffffff";
    await world.sql("insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ($1, 'daily', 'sql', 'cli', $2)", [running, prefixOf(running)]);
    await world.s3.putObject(`${prefixOf(running)}data/x`, Buffer.from("x"));
    await apply();
    await world.endGrace();
    expect(await apply()).toMatchObject({ runs: [{ runId: failed, outcome: "done", objects: 3 }] });
    expect([(await world.keys(failed)).length, (await world.keys(late)).length, (await world.keys(running)).length]).toEqual([0, 3, 1]);
    expect(await world.sql("select state from backup.runs where run_id = $1", [failed])).toEqual([{ state: "failed" }]);
  });

  it("applyRetention() deletes nothing for a copy of the project, until the copy says which backups are its own", async () => {
    const [old, newest] = [await world.run({ daysAgo: 400 }), await world.run({ daysAgo: 1 })];
    const [source, copy] = ["abcdefghijklmnopqrst", "zyxwvutsrqponmlkjihg"];
    const [settings] = await world.sql<{ folder: string }>("select project_ref as folder from backup.settings");
    try {
      expect(await apply({ projectRef: source })).toMatchObject({ marked: 1 });
      await world.endGrace();
      for (const projectRef of [copy, null]) {
        await expect(apply({ projectRef })).rejects.toMatchObject({ code: "HF607", message: expect.stringContaining(source), hint: expect.stringContaining("backup.take_over_bucket(") });
      }
      expect((await world.keys(old)).length).toBe(4);
      // A copy beside its source has a folder of its own, and gives up what lies in the other.
      await world.sql("update backup.settings set project_ref = $1", [copy]);
      expect(await world.sql("select backup.take_over_bucket($1) as given", [copy])).toEqual([{ given: 2 }]);
      expect(await apply({ projectRef: copy })).toMatchObject({ marked: 0, runs: [] });
      expect([(await world.keys(old)).length, (await world.keys(newest)).length]).toEqual([4, 4]);
    } finally {
      await world.sql("update backup.settings set project_ref = $1, bucket_owner = null", [settings?.folder]);
    }
  });

  it("applyRetention() goes on after the project has moved, once somebody says so", async () => {
    const [old] = [await world.run({ daysAgo: 400 }), await world.run({ daysAgo: 1 })];
    const [before, after] = ["abcdefghijklmnopqrst", "zyxwvutsrqponmlkjihg"];
    try {
      await apply({ projectRef: before });
      await world.endGrace();
      await expect(apply({ projectRef: after })).rejects.toMatchObject({ code: "HF607" });
      expect(await world.sql("select backup.take_over_bucket($1) as given", [after])).toEqual([{ given: 0 }]);
      expect(await apply({ projectRef: after })).toMatchObject({ runs: [{ runId: old, outcome: "done" }] });
      expect(await world.sql("select resolved_at is not null as resolved from backup.alerts where cause = 'bucket_of_another'")).toEqual([{ resolved: true }]);
    } finally {
      await world.sql("update backup.settings set bucket_owner = null");
    }
  });

  it("applyRetention() throws HF600 without a policy and deletes nothing", async () => {
    const old = await world.run({ daysAgo: 400 });
    await world.sql("begin; update backup.policies set tier = null where provider = 'aws_s3'");
    await expect(apply()).rejects.toMatchObject({ code: "HF600" });
    await world.sql("rollback");
    expect((await world.keys(old)).length).toBe(4);
  });
});
