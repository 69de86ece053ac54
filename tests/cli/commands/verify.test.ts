import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
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

describe("registerVerify()", () => {
  it("registerVerify() passes with 0, records the answers and prints the report", async () => {
    const { code, stdout, stderr } = await holdfast("verify");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^# Backup verification: passed\n\n\*\*Only the database was examined, no backup/);
    expect(await queryRows(database.url, "select verdict, trigger, report from backup.verifications")).toEqual([{ verdict: "passed", trigger: "cli", report: stdout }]);
  });
  it("registerVerify() fails with 10 on damage", async () => {
    await queryRows(database.adminUrl, "set session_replication_role = replica; insert into shop.toys values (99)");
    const { code, stdout } = await holdfast("verify", "--json");
    expect([code, JSON.parse(stdout)]).toEqual([10, { verification_id: expect.any(String), verdict: "failed", background: [], report: expect.stringContaining("FAILED"), page_key: null }]);
  });
  it("registerVerify() asks for the backups that Supabase makes, and prints no token", async () => {
    const token = "sbp_0123456789";
    const asked: unknown[] = [];
    const api = createServer((request, response) => {
      asked.push([request.url, request.headers.authorization]);
      response.writeHead(403).end(token);
    });
    await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
    try {
      const { stdout, stderr } = await runHoldfast(["verify"], {
        HOLDFAST_DB_URL: database.url, SUPABASE_ACCESS_TOKEN: token, HOLDFAST_MANAGEMENT_API_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}` });
      expect(asked).toEqual([["/v1/projects/local/database/backups", `Bearer ${token}`]]);
      expect(stdout).toMatch(/check_primary_backups \| primary \|.*\| the Management API refuses the access token \(403\) \|/);
      expect(stdout + stderr).not.toContain(token);
    } finally {
      api.close();
    }
  });
  it("registerVerify() does not take a half configured bucket for none", async () => {
    const { stdout } = await runHoldfast(["verify"], { HOLDFAST_DB_URL: database.url, HOLDFAST_S3_BUCKET: "backups" });
    expect(stdout).toMatch(/check_backup_objects \| bucket .*HF200/);
  });
});
