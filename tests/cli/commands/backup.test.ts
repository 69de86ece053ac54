import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
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
  it("registerBackup() rejects an unknown tier and a silly number of workers", async () => {
    expect((await holdfast("backup", "--tier", "yearly")).code).toBe(2);
    expect((await holdfast("backup", "--workers", "99")).code).toBe(2);
  });
});
