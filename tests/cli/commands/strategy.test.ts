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

describe("registerStrategy()", () => {
  it("registerStrategy() prints the policies", async () => expect((await holdfast("strategy")).stdout).toContain("| secondary_weekly | aws_s3 | weekly, 0 1 * * 0 | 90 d |"));
  it("registerStrategy() prints JSON", async () => {
    const { policies, objectives } = JSON.parse((await holdfast("strategy", "--json")).stdout);
    expect([policies.length, objectives.length]).toEqual([6, 2]);
  });
});
