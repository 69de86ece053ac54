import type { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { readBackupStrategy } from "../../../../functions/_shared/report/read_backup_strategy.ts";
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

it("readBackupStrategy() gives the strategy as installed", async () => {
  const { policies, objectives } = await readBackupStrategy(client);
  expect(policies.find(({ name }) => name === "secondary_weekly")).toMatchObject({ provider: "aws_s3", retention_seconds: 90 * 86_400, enabled: false });
  expect(objectives.map(({ name, target_seconds }) => [name, target_seconds])).toEqual([["rpo", 3600], ["rto", 14_400]]);
});
