import type { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { latestReport } from "../../../../functions/_shared/report/latest_report.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  client = await connect(database.url, { applicationName: "holdfast test" });
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

it("latestReport() is null without a finished verification", async () => {
  expect(await latestReport(client)).toBeNull();
  await client.query("select backup.start_verification('sql')");
  expect(await latestReport(client)).toBeNull();
});
it("latestReport() writes the report of answers that came without one, and prefers the stored one", async () => {
  await client.query("update backup.verification_checks set state = 'done'; update backup.verifications set verdict = 'passed', finished_at = now()");
  expect(await latestReport(client)).toMatch(/^# Backup verification: passed/);
  const { rows } = await client.query("update backup.verifications set report = '# as stored' returning verification_id as id");
  expect(await latestReport(client, rows[0].id)).toBe("# as stored");
});
