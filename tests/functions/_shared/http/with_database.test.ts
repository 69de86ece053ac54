import { afterAll, beforeAll, expect, it } from "vitest";
import { databaseOf } from "../../../../functions/_shared/http/with_database.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

let database: TestDatabase;
beforeAll(async () => void (database = await createTestDatabase()));
afterAll(() => database.drop());

it("databaseOf() gives every task a session of its own, named after the function and limited in time", async () => {
  const withDatabase = databaseOf({ databaseUrl: database.url, databaseCa: undefined, secretKeys: [] }, "verify-backup");
  const sql = "select pg_backend_pid() as pid, current_setting('application_name') as name, current_setting('statement_timeout') as limit";
  const [first, second] = await Promise.all([withDatabase((client) => client.query(sql)), withDatabase((client) => client.query(sql))]);
  expect(first.rows).toEqual([{ pid: expect.any(Number), name: "holdfast verify-backup", limit: "1min" }]);
  expect(second.rows).not.toEqual(first.rows);
});
