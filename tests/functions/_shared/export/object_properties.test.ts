import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readObjectProperties } from "../../../../functions/_shared/export/object_properties.ts";
import { writeManifest } from "../../../../functions/_shared/export/write_manifest.ts";
import { startS3 } from "../../../../stack/s3/start_s3.ts";
import { claimManifest, createExportWorld, type ExportWorld, openRun, planned } from "../../../support/export_world.ts";

describe("readObjectProperties()", () => {
  let world: ExportWorld;
  beforeAll(async () => {
    world = await createExportWorld();
    await world.sql("create schema shop; create table shop.a as select g as id from generate_series(1, 10) g; update backup.settings set included_schemas = '{shop}'");
  });
  afterAll(async () => {
    await world.close();
  });

  it("readObjectProperties() throws HF001 for an unknown run", async () => {
    await expect(readObjectProperties(await world.connect(), "nothing")).rejects.toMatchObject({ code: "HF001" });
  });

  it("readObjectProperties() reaches every object of a run: class and tags of the tier, rows in the archive, the rest readable", async () => {
    await world.sql("update backup.policies set storage_class = 'GLACIER' where tier = 'daily'");
    const run = await openRun(world);
    await planned(run);
    await writeManifest(run.context, await claimManifest(run));
    const classes = new Map<string, string>();
    for (const key of await world.keys(run.context.objectPrefix)) {
      const found = await world.s3.headObject(key);
      classes.set(key.slice(run.context.objectPrefix.length), `${found?.storageClass} ${found?.objectLock ?? "free"}`);
    }
    expect(classes.get("manifest.json")).toBe("STANDARD free");
    expect([...classes].filter(([key]) => key.startsWith("data/")).map(([, value]) => value)).toEqual(["GLACIER free"]);
    expect(await world.sql("select warnings from backup.runs where run_id = $1", [run.runId])).toEqual([{ warnings: expect.not.arrayContaining([expect.objectContaining({ code: "storage_class_refused" })]) }]);
    await run.close();
  });

  it("readObjectProperties() locks a whole run in a bucket with Object Lock, and refuses to commit in one without", async () => {
    await world.sql("update backup.policies set storage_class = null where tier in ('daily', 'weekly'); update backup.settings set object_lock = 'GOVERNANCE'");
    const dir = mkdtempSync(join(tmpdir(), "holdfast-lock-"));
    const locking = await startS3({ dir, buckets: [{ name: "locked", objectLock: true }] });
    try {
      const s3 = world.s3With({}, { endpoint: locking.endpoint, bucket: "locked", accessKeyId: locking.accessKeyId, secretAccessKey: locking.secretAccessKey });
      const unlocked = await openRun(world);
      await planned(unlocked);
      await expect(claimManifest(unlocked)).rejects.toMatchObject({ cause: { code: "HF206", hint: expect.stringContaining("Object Lock") } });
      await world.sql("select backup.cancel_run($1)", [unlocked.runId]);
      await unlocked.close();
      const run = await openRun(world);
      run.context.s3 = s3;
      await planned(run);
      await writeManifest(run.context, await claimManifest(run));
      const [due] = await world.sql<{ retain_until: Date }>("select retain_until from backup.object_properties($1)", [run.runId]);
      let objects = 0;
      for await (const { key } of s3.listObjects(run.context.objectPrefix)) {
        objects += 1;
        const found = await s3.headObject(key);
        expect(found?.objectLock?.mode, key).toBe("GOVERNANCE");
        expect(Math.floor((found?.objectLock?.retainUntil.getTime() ?? 0) / 1000), key).toBe(Math.floor((due?.retain_until.getTime() ?? 1) / 1000));
      }
      expect(objects).toBe(2);
      await run.close();
    } finally {
      await locking.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
