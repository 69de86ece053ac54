import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createRetentionWorld, type RetentionWorld } from "../../support/retention_world.ts";
import { runHoldfast } from "../../support/run_holdfast.ts";

let world: RetentionWorld;
beforeAll(async () => void (world = await createRetentionWorld()));
afterAll(() => world.close());
beforeEach(() => world.reset());

const holdfast = (...argv: string[]) => runHoldfast(argv, {
  HOLDFAST_DB_URL: world.database.url, HOLDFAST_S3_ENDPOINT: world.config.endpoint, HOLDFAST_S3_BUCKET: world.config.bucket, HOLDFAST_S3_REGION: world.config.region,
  HOLDFAST_S3_ACCESS_KEY_ID: world.config.accessKeyId, HOLDFAST_S3_SECRET_ACCESS_KEY: world.config.secretAccessKey, HOLDFAST_S3_PREFIX: world.config.prefix,
});

describe("registerRetention()", () => {
  it("registerRetention() prints what stays, what may go and why, and does nothing", async () => {
    const [old, newest] = [await world.run({ daysAgo: 400 }), await world.run({ daysAgo: 1 })];
    const { code, stdout, stderr } = await holdfast("retention");
    expect([code, stderr]).toEqual([0, "1 stay, 1 may go.\n"]);
    expect(stdout).toMatch(new RegExp(`^RUN +TIER .*\\n${newest} +daily +\\S+ +keep .*within daily retention.*one of the newest runs\\n${old} +daily +\\S+ +expire .*retention is over\\n$`));
    expect(await world.sql("select from backup.retention_marks")).toEqual([]);
    expect(JSON.parse((await holdfast("retention", "--json")).stdout)).toMatchObject({ dry_run: true, runs: [{ run_id: newest }, { run_id: old, decision: "expire" }] });
  });

  it("registerRetention() marks, waits for the grace period and deletes with --apply", async () => {
    const [old] = [await world.run({ daysAgo: 400 }), await world.run({ daysAgo: 1 })];
    const marked = await holdfast("retention", "--apply");
    expect([marked.code, marked.stdout]).toEqual([0, expect.stringMatching(/deleted after \d{4}-/)]);
    expect((await world.keys(old)).length).toBe(4);
    await world.endGrace();
    const applied = await holdfast("retention", "--apply");
    expect([applied.code, applied.stderr]).toEqual([0, expect.stringContaining(`${old}: 4 objects`)]);
    expect(await world.keys(old)).toEqual([]);
    expect(JSON.parse((await holdfast("retention", "--apply", "--json")).stdout)).toMatchObject({ dry_run: false, runs: [], complete: true, debris: { objects: 0 } });
  });

  it("registerRetention() exits with 11 when the storage refuses, and says which backups it does not know", async () => {
    await world.run({ daysAgo: 400 });
    await world.run({ daysAgo: 1 });
    await world.s3.putObject("holdfast/local/runs/20200101T000000Z-abcdef/manifest.json", Buffer.from("{}"));
    await holdfast("retention", "--apply");
    await world.endGrace();
    world.storage.faults.add({ kind: "status", status: 403, code: "AccessDenied", method: "DELETE" });
    const refused = await holdfast("retention", "--apply");
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([11, expect.stringContaining("refused: HF202"), expect.stringContaining("20200101T000000Z-abcdef")]);
  });

  it("registerRetention() refuses an empty policy with HF600", async () => {
    await world.sql("update backup.policies set tier = null where provider = 'aws_s3'");
    expect(await holdfast("retention")).toMatchObject({ code: 3, stdout: "", stderr: expect.stringContaining("HF600") });
    await world.sql("update backup.policies set tier = split_part(name, '_', 2)::backup.tier where provider = 'aws_s3'");
  });
});
