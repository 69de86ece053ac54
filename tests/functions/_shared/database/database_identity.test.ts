import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readDatabaseIdentity } from "../../../../functions/_shared/database/database_identity.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

let databases: TestDatabase[];
beforeAll(async () => void (databases = await Promise.all([createTestDatabase(), createTestDatabase()])));
afterAll(async () => void (await Promise.all(databases.map((one) => one.drop()))));

async function identityOf(url = ""): Promise<Awaited<ReturnType<typeof readDatabaseIdentity>>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await readDatabaseIdentity(client);
  } finally {
    await client.end();
  }
}

it("readDatabaseIdentity() tells databases of one cluster apart, whoever asks", async () => {
  const [one, again, other] = [await identityOf(databases[0]?.url), await identityOf(databases[0]?.adminUrl), await identityOf(databases[1]?.url)];
  expect(again).toEqual(one);
  expect(one.system_identifier).toMatch(/^\d{10,}$/);
  expect(other).toEqual({ system_identifier: one.system_identifier, database_oid: expect.any(Number) });
  expect(other.database_oid).not.toBe(one.database_oid);
});

it("readDatabaseIdentity() goes without the cluster where the role may not ask", async () => {
  const refused = Object.assign(new Error("permission denied"), { code: "42501" });
  const database = { query: (text: string) => (text.includes("pg_control_system") ? Promise.reject(refused) : Promise.resolve({ rows: [{ oid: 5 }] })) };
  expect(await readDatabaseIdentity(database)).toEqual({ system_identifier: null, database_oid: 5 });
});
