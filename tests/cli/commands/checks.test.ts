import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { queryRows } from "../../support/query_rows.ts";
import { type HoldfastOutcome, runHoldfast } from "../../support/run_holdfast.ts";

let database: TestDatabase;
const holdfast = (...argv: string[]): Promise<HoldfastOutcome> => runHoldfast(argv, { HOLDFAST_DB_URL: database.url });
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  await queryRows(database.url, `
    create schema shop; create table shop.pets (id integer primary key); insert into shop.pets values (1);
    alter table shop.pets enable row level security;
    create table shop.toys (pet integer references shop.pets); alter table shop.toys enable row level security`);
});
afterAll(() => database.drop());

describe("registerChecks()", () => {
  it("registerChecks() names the checks with --list", async () => {
    expect((await holdfast("checks", "--list")).stdout.split("\n")).toEqual(expect.arrayContaining(["check_foreign_keys", "run_tests"]));
    expect(JSON.parse((await holdfast("checks", "--list", "--json")).stdout)).toContain("check_foreign_keys");
  });
  it("registerChecks() refuses an unknown check", async () => {
    expect(await holdfast("checks", "enable")).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("check_foreign_keys") });
  });
  it("registerChecks() passes with 0 and records nothing", async () => {
    expect(await holdfast("checks", "check_foreign_keys")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^passed: 0 failed/m) });
    expect(await queryRows(database.url, "select from backup.verifications")).toEqual([]);
  });
  it("registerChecks() runs a check once however often it is named", async () => {
    const { findings } = JSON.parse((await holdfast("checks", "check_drill_age", "check_drill_age", "--json")).stdout);
    expect(findings).toHaveLength(1);
  });
  it("registerChecks() prints passed answers with --all", async () => {
    expect((await holdfast("checks", "check_foreign_keys")).stdout).not.toContain("shop.toys");
    expect((await holdfast("checks", "check_foreign_keys", "--all")).stdout).toContain("shop.toys");
  });
  it("registerChecks() is inconclusive with 11 when everything was skipped", async () => {
    expect((await holdfast("checks", "check_drill_age")).code).toBe(11);
  });
  it("registerChecks() fails with 10 on damage", async () => {
    await queryRows(database.adminUrl, "set session_replication_role = replica; insert into shop.toys values (99)");
    const { code, stdout } = await holdfast("checks", "check_foreign_keys", "check_drill_age", "--json");
    expect([code, JSON.parse(stdout)]).toEqual([10, { verdict: "failed", findings: expect.arrayContaining([expect.objectContaining({ check_name: "check_foreign_keys", verdict: "failed" })]) }]);
    expect((await holdfast("checks", "check_foreign_keys", "check_drill_age")).stdout).toMatch(/^failed +check_foreign_keys/);
  });
});
