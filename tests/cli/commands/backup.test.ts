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
  it("registerBackup() rejects an unknown tier and a silly number of workers", async () => {
    expect((await holdfast("backup", "--tier", "yearly")).code).toBe(2);
    expect((await holdfast("backup", "--workers", "99")).code).toBe(2);
  });
});
