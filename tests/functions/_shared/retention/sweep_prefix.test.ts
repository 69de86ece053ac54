import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sweepPrefix, type SweepBudget, type SweepStorage } from "../../../../functions/_shared/retention/sweep_prefix.ts";
import { prefixOf } from "../../../support/made_up_run.ts";
import { createRetentionWorld, type RetentionWorld } from "../../../support/retention_world.ts";

const unlimited = (): SweepBudget => ({ objects: Infinity, until: Infinity, now: () => 0 });
const yes = () => Promise.resolve(true);

describe("sweepPrefix()", () => {
  let world: RetentionWorld;
  beforeAll(async () => void (world = await createRetentionWorld()));
  afterAll(() => world.close());
  beforeEach(() => world.reset());

  /** The storage with a record of what was deleted, in order. */
  function watched(s3: SweepStorage) {
    const deleted: string[] = [];
    const storage: SweepStorage = { ...s3, deleteObject: async (key, options) => { deleted.push(key); await s3.deleteObject(key, options); } };
    return { storage, deleted };
  }

  it("sweepPrefix() deletes the manifest first, then the rest, and nothing of another run", async () => {
    const runId = await world.run({ daysAgo: 100, objects: 20 });
    const other = await world.run({ daysAgo: 99 });
    const { storage, deleted } = watched(world.s3);
    expect(await sweepPrefix(storage, prefixOf(runId), unlimited(), yes)).toMatchObject({ outcome: "done", objects: 21, error: null });
    expect(deleted[0]).toBe(`${prefixOf(runId)}manifest.json`);
    expect([await world.keys(runId), (await world.keys(other)).length]).toEqual([[], 4]);
  });

  it.each(["", "holdfast/", "holdfast/local/runs/", "holdfast/local/runs/20260101T000000Z-00000a", "holdfast/local/20260101T000000Z-00000a/"])(
    "sweepPrefix() refuses what is not the folder of a run: '%s'", async (prefix) => {
      await world.run({ daysAgo: 100 });
      const before = await world.keys();
      expect(await sweepPrefix(world.s3, prefix, unlimited(), () => Promise.reject(new Error("was asked")))).toMatchObject({ outcome: "refused", objects: 0, error: { code: "HF206" } });
      expect(await world.keys()).toEqual(before);
    });

  it("sweepPrefix() deletes nothing that a storage lists although it was not asked for", async () => {
    const runId = await world.run({ daysAgo: 100 });
    await world.run({ daysAgo: 99 });
    const { storage, deleted } = watched({ ...world.s3, listObjects: () => world.s3.listObjects("") });
    expect(await sweepPrefix(storage, prefixOf(runId), unlimited(), yes)).toMatchObject({ outcome: "refused", error: { code: "HF206" } });
    expect(deleted.filter((key) => !key.startsWith(prefixOf(runId)))).toEqual([]);
  });

  it("sweepPrefix() touches nothing before it has asked, and nothing when the answer is no", async () => {
    const runId = await world.run({ daysAgo: 100 });
    const { storage, deleted } = watched(world.s3);
    expect(await sweepPrefix(storage, prefixOf(runId), unlimited(), async () => { expect(deleted).toEqual([]); return false; })).toMatchObject({ outcome: "kept", objects: 0 });
    expect((await world.keys(runId)).length).toBe(4);
  });

  it("sweepPrefix() stops when its budget is spent and goes on when called again", async () => {
    const runId = await world.run({ daysAgo: 100, objects: 30 });
    const first = await sweepPrefix(world.s3, prefixOf(runId), { ...unlimited(), objects: 10 }, yes);
    expect(first.outcome).toBe("more");
    const left = await world.keys(runId);
    expect(left).not.toContain("manifest.json");
    expect(left.length).toBe(31 - first.objects);
    expect(await sweepPrefix(world.s3, prefixOf(runId), unlimited(), yes)).toMatchObject({ outcome: "done", objects: left.length });
    expect(await sweepPrefix(world.s3, prefixOf(runId), unlimited(), yes)).toMatchObject({ outcome: "done", objects: 0 });
  });

  it("sweepPrefix() deletes versions where versions are kept, so that space is freed", async () => {
    const runId = await world.run({ daysAgo: 100, s3: world.locking });
    const version = (await world.locking.headObject(`${prefixOf(runId)}data/000001.copy.gz`))?.versionId ?? "";
    expect(version).not.toBe("");
    expect(await sweepPrefix(world.locking, prefixOf(runId), unlimited(), yes)).toMatchObject({ outcome: "done", objects: 4 });
    expect(await world.keys(runId, world.locking)).toEqual([]);
    await expect(world.locking.deleteObject(`${prefixOf(runId)}data/000001.copy.gz`, { versionId: version })).resolves.toBeUndefined();
  });

  it("sweepPrefix() finds a lock before it touches anything, and tells its end", async () => {
    const lockedUntil = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3600_000);
    const runId = await world.run({ daysAgo: 100, s3: world.locking, lockedUntil });
    expect(await sweepPrefix(world.locking, prefixOf(runId), unlimited(), () => Promise.reject(new Error("was asked")))).toMatchObject({ outcome: "locked", objects: 0, lockedUntil });
    expect((await world.keys(runId, world.locking)).length).toBe(4);
  });

  it("sweepPrefix() tells the end of a lock that only a later object has", async () => {
    const lockedUntil = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3600_000);
    const runId = await world.run({ daysAgo: 100, s3: world.locking });
    await world.locking.putObject(`${prefixOf(runId)}late`, Buffer.from("x"), { objectLock: { mode: "COMPLIANCE", retainUntil: lockedUntil } });
    expect(await sweepPrefix(world.locking, prefixOf(runId), unlimited(), yes)).toMatchObject({ outcome: "locked", lockedUntil });
    expect(await world.keys(runId, world.locking)).toContain("late");
  });

  it("sweepPrefix() tells what the storage refused, with how far it came", async () => {
    const runId = await world.run({ daysAgo: 100 });
    world.storage.faults.add({ kind: "status", status: 403, code: "AccessDenied", method: "DELETE", key: "data/000001" });
    const swept = await sweepPrefix(world.s3, prefixOf(runId), unlimited(), yes);
    expect(swept).toMatchObject({ outcome: "refused", error: { code: "HF202" } });
    expect(await world.keys(runId)).toEqual(["data/000001.copy.gz"]);
    expect(swept.objects).toBe(3);
  });
});
