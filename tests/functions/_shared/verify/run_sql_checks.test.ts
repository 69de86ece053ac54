import type { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { listSqlChecks, runSqlCheck } from "../../../../functions/_shared/verify/run_sql_checks.ts";
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

it("runSqlCheck() answers for every listed check and leaves no trace", async () => {
  for (const name of await listSqlChecks(client)) expect((await runSqlCheck(client, name)).length, name).toBeGreaterThan(0);
  expect((await client.query("select from backup.verification_results")).rows).toEqual([]);
});
it("listSqlChecks() leaves out what needs the bucket", async () => {
  expect(await listSqlChecks(client)).toContain("check_foreign_keys");
  expect(await listSqlChecks(client)).not.toContain("check_backup_objects");
});
it("runSqlCheck() runs nothing that is not a check", async () => {
  await expect(runSqlCheck(client, "enable")).rejects.toMatchObject({ code: "HF100" });
  await expect(runSqlCheck(client, 'x"(); drop schema backup; --')).rejects.toMatchObject({ code: "HF100" });
});
it("runSqlCheck() is inconclusive about a check that throws, and the session goes on", async () => {
  await client.query("drop function backup.check_drill_age(); create function backup.check_drill_age() returns setof backup.finding language plpgsql as 'begin perform 1 / 0; end'");
  expect(await runSqlCheck(client, "check_drill_age")).toMatchObject([{ verdict: "inconclusive", actual: "error 22012" }]);
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
});
