import type { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { readBackupStrategy } from "../../../../functions/_shared/report/read_backup_strategy.ts";
import { setObjective, setPolicy } from "../../../../functions/_shared/report/set_policy.ts";
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

it("setPolicy() changes what is named and returns warnings", async () => {
  expect(await setPolicy(client, "secondary_daily", { storage_class: "STANDARD_IA", retention: "1 week", schedule: null })).toEqual([expect.stringMatching(/^STANDARD_IA is billed for 30 days/)]);
  const { policies, warnings } = await readBackupStrategy(client);
  expect(policies.find(({ name }) => name === "secondary_daily")).toMatchObject({ storage_class: "STANDARD_IA", retention_seconds: 604_800, schedule: null, enabled: false });
  expect(warnings).toMatchObject([{ policy_name: "secondary_daily", code: "early_deletion" }]);
  await expect(setPolicy(client, "primary", { retention: "0" })).rejects.toMatchObject({ code: "HF811" });
});
it("setObjective() sets the target", async () => {
  await setObjective(client, "rto", "90 minutes");
  expect((await readBackupStrategy(client)).objectives.find(({ name }) => name === "rto")).toMatchObject({ target_seconds: 5400 });
  await expect(setObjective(client, "rpx", "1 hour")).rejects.toMatchObject({ code: "HF810" });
});
