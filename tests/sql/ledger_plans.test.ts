import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillLedger } from "../../scripts/bench/fill_ledger.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

/** Tables that grow with every run, and are large in this ledger. */
const LARGE = ["chunks", "run_tables", "verification_results", "verification_checks", "job_runs", "drill_steps", "retention_marks"];

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  client = new pg.Client(database.url);
  await client.connect();
  await fillLedger(client, 1200);
}, 120_000);
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** Rows of large tables that a statement reads from one end to the other, functions it calls included. */
async function rowsScanned(sql: string): Promise<Record<string, number>> {
  const counters = async (): Promise<Map<string, number>> => {
    const { rows } = await client.query<{ relname: string; rows: string }>(
      "select relname, seq_tup_read as rows from pg_stat_xact_user_tables where schemaname = 'backup' and relname = any ($1)", [LARGE]);
    return new Map(rows.map((one) => [one.relname, Number(one.rows)]));
  };
  await client.query("begin");
  try {
    // What the session read before is in the counters until it is flushed.
    const before = await counters();
    await client.query(sql);
    return Object.fromEntries([...(await counters())].map(([name, rows]): [string, number] => [name, rows - (before.get(name) ?? 0)]).filter(([, rows]) => rows > 0));
  } finally {
    await client.query("rollback");
  }
}

describe("fillLedger()", () => {
  it("fillLedger() fills every table that grows, and rowsScanned() sees who reads all of one", async () => {
    const { rows } = await client.query<{ relname: string; reltuples: number }>("select relname, reltuples from pg_class where relnamespace = 'backup'::regnamespace and relname = any ($1)", [LARGE]);
    expect(Object.fromEntries(rows.map(({ relname, reltuples }) => [relname, reltuples > 300]))).toEqual(Object.fromEntries(LARGE.map((name) => [name, true])));
    for (const name of LARGE) expect(await rowsScanned(`select count(*) from backup.${name} where ctid is not null`), name).toHaveProperty(name);
  });

  it.each([
    "select * from backup.status", "select * from backup.metrics", "select * from backup.alert_causes()", "select backup.settle_alerts()", "select backup.tick()", "select backup.run_job('tick')",
  ])("fillLedger() leaves a ledger of which no large table is read as a whole by %s", async (sql) => {
    expect(await rowsScanned(sql)).toEqual({});
  });
});
