import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { createExportWorld } from "../../support/export_world.ts";
import { HAS_ISAL } from "../../support/has_isal.ts";
import { queryRows } from "../../support/query_rows.ts";
import { type HoldfastOutcome, runHoldfast } from "../../support/run_holdfast.ts";

let database: TestDatabase;
const holdfast = (...argv: string[]): Promise<HoldfastOutcome> => runHoldfast(argv, { HOLDFAST_DB_URL: database.url });
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  await queryRows(database.url, `select 1`);
});
afterAll(() => database.drop());

describe("registerBackup()", () => {
  it("registerBackup() says that S3 is not configured and starts nothing", async () => {
    expect(await holdfast("backup")).toMatchObject({ code: 3, stdout: "", stderr: expect.stringContaining("HF007") });
    expect(await queryRows(database.url, "select from backup.runs")).toEqual([]);
  });
  it("registerBackup() says that Holdfast is not in the database, and that this is no bug", async () => {
    const bare = await createTestDatabase();
    const s3 = { HOLDFAST_S3_BUCKET: "bucket", HOLDFAST_S3_ENDPOINT: "http://127.0.0.1:2", HOLDFAST_S3_ACCESS_KEY_ID: "key", HOLDFAST_S3_SECRET_ACCESS_KEY: "hunter2" };
    const { code, stdout, stderr } = await runHoldfast(["backup", "--json"], { HOLDFAST_DB_URL: bare.url, ...s3 }).finally(() => bare.drop());
    expect([code, stdout, JSON.parse(stderr)]).toEqual([3, "", expect.objectContaining({ code: "HF105", hint: expect.stringContaining("db push") })]);
  });
  it("registerBackup() rejects an unknown tier, a silly number of workers and a library it does not know", async () => {
    expect((await holdfast("backup", "--gzip", "pigz")).code).toBe(2);
    expect((await holdfast("backup", "--tier", "yearly")).code).toBe(2);
    expect((await holdfast("backup", "--workers", "99")).code).toBe(2);
  });

  it.each([["zlib", "zlib"], ["auto", HAS_ISAL ? "isal" : "zlib"]])("registerBackup() with --gzip %s packs rows with %s, and says so", async (asked, used) => {
    const world = await createExportWorld();
    try {
      await world.sql(`create schema shop; update backup.settings set included_schemas = '{shop}';
        create table shop.items as select g as id, 'item ' || g as name from generate_series(1, 20000) g`);
      const { endpoint, bucket, accessKeyId, secretAccessKey, prefix } = world.config;
      const { code, stdout } = await runHoldfast(["backup", "--json", "--gzip", asked], {
        HOLDFAST_DB_URL: world.database.url, HOLDFAST_S3_ENDPOINT: endpoint, HOLDFAST_S3_BUCKET: bucket,
        HOLDFAST_S3_ACCESS_KEY_ID: accessKeyId, HOLDFAST_S3_SECRET_ACCESS_KEY: secretAccessKey, HOLDFAST_S3_PREFIX: prefix,
      });
      expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ rows: 20000, gzip: used })]);
      const [key = ""] = (await world.keys()).filter((one) => one.endsWith(".copy.gz"));
      const packed = await world.s3.getObject(key);
      // RFC 1952: the operating system, which ISA-L does not name.
      expect(packed[9] === 255 ? "isal" : "zlib").toBe(used);
      expect(gunzipSync(packed).toString().split("\n")).toHaveLength(20001);
    } finally {
      await world.close();
    }
  });
});
