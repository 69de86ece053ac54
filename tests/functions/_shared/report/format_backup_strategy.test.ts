import type { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { formatBackupStrategy } from "../../../../functions/_shared/report/format_backup_strategy.ts";
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

it("formatBackupStrategy() tells what backup.strategy_report() tells", async () => {
  const text = await formatBackupStrategy(client);
  expect(text).toMatch(/^# Backup strategy\n\nOf project local, /);
  expect(text.split("\n")).toContain("| secondary_weekly | aws_s3 | weekly, 0 1 * * 0 | 90 d | STANDARD | off |  |");
});
