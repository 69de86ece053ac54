import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { queryRows } from "../../support/query_rows.ts";
import { type HoldfastOutcome, runHoldfast } from "../../support/run_holdfast.ts";

let database: TestDatabase;
const holdfast = (...argv: string[]): Promise<HoldfastOutcome> => runHoldfast(argv, { HOLDFAST_DB_URL: database.url });
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
});
afterAll(() => database.drop());

describe("registerPolicies()", () => {
  it("registerPolicies() shows policies and objectives", async () => {
    const { code, stdout } = await holdfast("policies");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^secondary_weekly +off +aws_s3 +weekly +0 1 \* \* 0 +90 d +STANDARD +-$/m);
    expect(stdout).toMatch(/^rto +4 h +not measured/m);
  });
  it("registerPolicies() sets a policy, installs its schedule and prints warnings", async () => {
    const { code, stdout, stderr } = await holdfast("policies", "set", "secondary_weekly", "--schedule", "0 3 * * 6", "--retention", "20 days", "--storage-class", "glacier_ir", "--enable");
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^warning: GLACIER_IR is billed for 90 days at least/)]);
    expect(stdout).toMatch(/^secondary_weekly +on +aws_s3 +weekly +0 3 \* \* 6 +20 d +GLACIER_IR +2\d{3}-\d\d-\d\d 03:00$/m);
    expect(await queryRows(database.url, "select schedule from cron.job where jobname = 'holdfast-export'")).toEqual([{ schedule: "0 3 * * 6" }]);
  });
  it("registerPolicies() prints JSON, and takes a schedule away with none", async () => {
    const { stdout } = await holdfast("policies", "set", "secondary_weekly", "--schedule", "none", "--disable", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ policy: { name: "secondary_weekly", schedule: null, enabled: false }, warnings: [expect.any(String)] });
  });
  it("registerPolicies() refuses what the database refuses, with its hint", async () => {
    const { code, stderr } = await holdfast("policies", "set", "secondary_daily", "--schedule", "0 25 * * *", "--json");
    expect([code, JSON.parse(stderr)]).toEqual([2, expect.objectContaining({ code: "HF811", message: "hour '25' is no value, list, range or step from 0 to 23", hint: expect.stringContaining("five fields") })]);
  });
  it("registerPolicies() refuses to change nothing, or to turn on and off", async () => {
    expect((await holdfast("policies", "set", "primary")).code).toBe(2);
    expect((await holdfast("policies", "set", "primary", "--enable", "--disable")).stderr).toContain("contradict");
  });
  it("registerPolicies() sets an objective", async () => {
    const { code, stdout } = await holdfast("policies", "objectives", "set", "rto", "90 minutes", "--json");
    expect([code, JSON.parse(stdout)]).toEqual([0, { objective: expect.objectContaining({ name: "rto", target_seconds: 5400 }) }]);
  });
});
