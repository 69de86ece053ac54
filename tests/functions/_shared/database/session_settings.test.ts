import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "pg";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { SESSION_SETTINGS } from "../../../../functions/_shared/database/session_settings.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

describe("SESSION_SETTINGS", () => {
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

  it("SESSION_SETTINGS puts right what a session has changed, whatever is pinned", async () => {
    const others: Record<string, string> = {
      datestyle: "German", intervalstyle: "iso_8601", timezone: "Asia/Tokyo", extra_float_digits: "-3", bytea_output: "escape", xmlbinary: "hex",
      client_encoding: "LATIN1", row_security: "on", search_path: "public", standard_conforming_strings: "off", xmloption: "document",
      quote_all_identifiers: "on", array_nulls: "off", transform_null_equals: "on", default_transaction_isolation: "serializable",
      idle_in_transaction_session_timeout: "9s", idle_session_timeout: "9s", lock_timeout: "9s", jit: "on", default_transaction_read_only: "on",
    };
    const names = Object.keys(others);
    const current = async () => (await client.query<Record<string, string>>(`select ${names.map((name) => `current_setting('${name}') as ${name}`).join(", ")}`)).rows[0];
    const pinned = await current();
    for (const [name, value] of Object.entries(others)) await client.query(`select set_config('${name}', '${value}', false)`);
    const changed = await current();
    expect(names.filter((name) => changed?.[name] === pinned?.[name])).toEqual([]);
    await client.query(SESSION_SETTINGS);
    expect(await current()).toEqual(pinned);
    expect(pinned).toMatchObject({ datestyle: "ISO, MDY", timezone: "UTC", bytea_output: "hex", search_path: '""', row_security: "off", lock_timeout: "0" });
  });
});
