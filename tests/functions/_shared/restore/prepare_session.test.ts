import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "pg";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { prepareSession } from "../../../../functions/_shared/restore/prepare_session.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

describe("prepareSession()", () => {
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    client = await connect(database.url, { applicationName: "test" });
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it("prepareSession() reads text as a backup writes it, and waits as long as it takes", async () => {
    await client.query("set timezone = 'Asia/Tokyo'; set datestyle = 'German'; set statement_timeout = '1s'; set search_path = public; set row_security = on");
    expect(await prepareSession(client)).toBe(client);
    const names = ["timezone", "datestyle", "intervalstyle", "extra_float_digits", "bytea_output", "lc_monetary", "xmlbinary", "search_path", "row_security", "statement_timeout", "lock_timeout"];
    const { rows } = await client.query(`select ${names.map((name) => `current_setting('${name}') as ${name}`).join(", ")}`);
    expect(rows).toEqual([{ timezone: "UTC", datestyle: "ISO, MDY", intervalstyle: "postgres", extra_float_digits: "1", bytea_output: "hex", lc_monetary: "C", xmlbinary: "base64", search_path: '""', row_security: "off", statement_timeout: "0", lock_timeout: "0" }]);
  });
});
