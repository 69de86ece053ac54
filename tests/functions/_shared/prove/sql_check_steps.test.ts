import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import type { BackupConfig } from "../../../../functions/_shared/export/config.ts";
import type { ProofFinding } from "../../../../functions/_shared/prove/proof.ts";
import { type ProofStep, type ProveContext, runStep } from "../../../../functions/_shared/prove/proof_step.ts";
import { callCheck, sqlCheckSteps } from "../../../../functions/_shared/prove/sql_check_steps.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { targetInfo } from "../../../support/facts.ts";
import { manifestOf, memoryBackup, memoryStorage } from "../../../support/memory_backup.ts";

const ALL = { only: null, dataOnly: false, schemaOnly: false };
const table = (schema: string) => ({ schema, name: "orders", columns: [], fingerprint: "0".repeat(16), fingerprint_expression: "", rows: 0, raw_bytes: 0, stored_bytes: 0, chunks: [] });
const backup = memoryBackup(memoryStorage(), manifestOf({ tables: [table("shop")], snapshot: { id: "", at: "2026-01-02T00:00:00+00:00", lsn: "0/0", xids: "" } }));
const config: BackupConfig = {
  format: "holdfast-config", format_version: 1, access_probes: [],
  tables: {
    critical_tables: [{ schema_name: "shop", table_name: "orders", min_rows: 2, required_columns: ["note"], freshness_column: "at", max_age: "1 day", predicate: null }],
    sample_queries: [{ name: "total", query: "select sum(id) from shop.orders", expectation: "scalar_equals", expected_value: "3", enabled: true, max_ms: 60_000 },
      { name: "not any more", query: "select from nothing", expectation: "non_empty", enabled: false, max_ms: 1000 }],
  },
};

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  client = await connect(database.url, { applicationName: "holdfast test" });
  await client.query(`create schema shop; create schema elsewhere;
    create table shop.customers (id integer primary key); insert into shop.customers values (1), (2);
    create table shop.orders (id integer constraint positive check (id > 0), customer integer constraint of_customer references shop.customers, note text, at timestamptz) partition by range (id);
    create table shop."Orders 1" partition of shop.orders for values from (minvalue) to (1000);
    insert into shop.orders values (1, 1, 'a', '2026-01-01 12:00Z'), (2, 2, 'b', '2026-01-01 18:00Z');
    create table elsewhere.not_of_the_backup (n integer primary key check (n > 0))`);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const contextOf = (options: Partial<ProveContext["options"]> = {}): ProveContext => ({ backup, target: targetInfo(), tables: [], leftOut: [], options: { ...ALL, ...options } });
const steps = (of: BackupConfig | undefined = config, options?: Partial<ProveContext["options"]>) => sqlCheckSteps(client, contextOf(options), of);
async function findings(id: RegExp, all?: ProofStep[]): Promise<ProofFinding[]> {
  const found = [];
  for (const step of (all ?? await steps()).filter((one) => id.test(one.id))) found.push(...(await runStep(client, step)).findings);
  return found;
}
const bad = async (...given: Parameters<typeof findings>) => (await findings(...given)).filter((one) => one.verdict !== "passed").map((one) => [one.check_name, one.subject, one.verdict]);
/** Runs a look after a change of the database, which is undone. */
async function after<T>(change: string, undo: string, look: () => Promise<T>): Promise<T> {
  await client.query(change);
  try {
    return await look();
  } finally {
    await client.query(undo);
  }
}

describe("sqlCheckSteps()", () => {
  it("sqlCheckSteps() examines the tables of the backup's schemas together, and what the source expected of its data", async () => {
    const all = await steps();
    expect(all.map((one) => one.id)).toEqual(["rules:1/1", "check_critical_data", "run_sample_queries", "run_tests"]);
    const { findings: found, seconds_by_check } = await runStep(client, all[0] as ProofStep);
    expect(Object.keys(seconds_by_check ?? {})).toEqual(["check_constraints", "check_foreign_keys", "check_indexes"]);
    expect(new Set(found.map((one) => one.check_name))).toEqual(new Set(["check_constraints", "check_foreign_keys", "check_indexes"]));
    expect(found.filter((one) => one.verdict === "failed" || one.verdict === "inconclusive")).toEqual([]);
    expect(found.map((one) => one.subject).join()).toContain('shop."Orders 1"');
    expect(found.map((one) => one.subject).join()).not.toContain("elsewhere");
  });

  it("sqlCheckSteps() makes groups of tables, and gives a large one a step of its own", async () => {
    const MIB = 1024 * 1024;
    const sizes = { a: 10, b: 20, c: 5, d: 100, e: 0, f: 32 };
    const fake = { query: () => Promise.resolve({ rows: Object.entries(sizes).map(([name, size]) => ({ schema: "shop", name, bytes: String(size * MIB) })) }) } as unknown as Client;
    const groups = await sqlCheckSteps(fake, contextOf({ only: [{ schema: "shop", name: null }] }), config);
    // a and b; c; d; e and f.
    expect(groups.map((one) => [one.id, one.weight / MIB])).toEqual([["rules:1/4", 61], ["rules:2/4", 11], ["rules:3/4", 201], ["rules:4/4", 65]]);
  });

  it("sqlCheckSteps() looks at what was asked for, and judges a part by its rules alone", async () => {
    const part = await steps(config, { only: [{ schema: "shop", name: "customers" }] });
    expect(part.map((one) => one.id)).toEqual(["rules:1/1"]);
    expect((await findings(/./, part)).filter((one) => /orders/i.test(one.subject) && one.check_name !== "check_foreign_keys")).toEqual([]);
    expect((await steps(config, { dataOnly: true })).map((one) => one.id)).toEqual(["rules:1/1"]);
    expect(await steps(config, { schemaOnly: true })).toEqual([]);
    expect(await steps(config, { only: [{ schema: "shop", name: "gone" }] })).toEqual([]);
  });

  it("sqlCheckSteps() names the key that a row breaks", async () => {
    const breaking = "set session_replication_role = replica; insert into shop.orders values (7, 99, 'orphan', null); set session_replication_role = origin";
    expect(await after(breaking, "delete from shop.orders where id = 7", () => bad(/^rules/))).toContainEqual(["check_foreign_keys", expect.stringContaining("of_customer"), "failed"]);
  });

  it("sqlCheckSteps() does not hold a rule that was never validated against the restore", async () => {
    const found = await after("alter table shop.customers add constraint small check (id < 2) not valid", "alter table shop.customers drop constraint small", () => findings(/^rules/));
    expect(found.filter((one) => one.subject.includes("small"))).toMatchObject([{ check_name: "check_constraints", verdict: "skipped", actual: expect.stringMatching(/, as in the source$/) }]);
  });

  it("sqlCheckSteps() cannot look where a table is locked away: inconclusive, and the others are looked at", async () => {
    const roles = "grant usage on schema shop, backup to authenticated; grant execute on all functions in schema backup to authenticated; grant select on shop.customers to authenticated";
    await client.query(`${roles}; set role authenticated`);
    const found = await findings(/^rules/);
    await client.query("reset role; revoke all on schema shop, backup from authenticated; revoke execute on all functions in schema backup from authenticated; revoke all on shop.customers from authenticated");
    expect(found.some((one) => one.verdict === "inconclusive")).toBe(true);
    expect(found.filter((one) => one.verdict === "failed")).toEqual([]);
  });

  it("sqlCheckSteps() judges critical data as of the snapshot, by what the backup expects", async () => {
    expect(await bad(/critical/)).toEqual([]);
    expect(await after("update shop.orders set at = '2025-12-24'", "update shop.orders set at = '2026-01-01 12:00Z'", () => bad(/critical/))).toEqual([["check_critical_data", "shop.orders", "failed"]]);
    expect(await after("update shop.orders set note = null where id = 1", "update shop.orders set note = 'a' where id = 1", () => bad(/critical/))).toEqual([["check_critical_data", "shop.orders", "failed"]]);
    const none = { ...config, tables: { critical_tables: [] } };
    expect(await findings(/critical/, await steps(none))).toMatchObject([{ subject: "critical tables", verdict: "skipped", actual: "no table is configured as critical" }]);
  });

  it("sqlCheckSteps() runs every enabled query of the backup, and names one that answers otherwise or fails", async () => {
    expect((await findings(/queries/)).map((one) => [one.subject, one.verdict])).toEqual([["total", "passed"]]);
    expect(await after("update shop.orders set id = 5 where id = 2", "update shop.orders set id = 2 where id = 5", () => bad(/queries/))).toEqual([["run_sample_queries", "total", "failed"]]);
    expect(await after("alter table shop.orders rename to gone", "alter table shop.gone rename to orders", () => bad(/queries/))).toEqual([["run_sample_queries", "total", expect.stringMatching(/failed|inconclusive/)]]);
    expect(await findings(/queries/, await steps({ ...config, tables: { sample_queries: [] } }))).toMatchObject([{ subject: "sample queries", verdict: "skipped", actual: "no query is configured" }]);
  });

  it("sqlCheckSteps() gives a query that was slow a second chance, since the first look reads from disk", async () => {
    // A lock of the session survives that its look is undone: who has it has looked before.
    const slow = (again: number) => ({ ...config, tables: { sample_queries: [{ name: "slow", expectation: "non_empty", enabled: true, max_ms: 150,
      query: `select 1 from pg_sleep(case when exists (select from pg_locks l where l.locktype = 'advisory' and l.objid = 77 and l.pid = pg_backend_pid()) then ${again} else 0.2 end), pg_advisory_lock(77)` }] } });
    expect(await findings(/queries/, await steps(slow(0)))).toMatchObject([{ subject: "slow", verdict: "passed" }]);
    expect(await findings(/queries/, await steps(slow(0.2)))).toMatchObject([{ subject: "slow", verdict: "failed" }]);
    await client.query("select pg_advisory_unlock_all()");
  });

  it("sqlCheckSteps() does not know what a backup without config.json expected", async () => {
    const all = await sqlCheckSteps(client, contextOf(), undefined);
    for (const [id, subject] of [["check_critical_data", "critical tables"], ["run_sample_queries", "sample queries"]] as const) {
      expect(await findings(new RegExp(id), all)).toMatchObject([{ check_name: id, subject, verdict: "skipped", actual: expect.stringContaining("older than config.json") }]);
    }
  });

  it("sqlCheckSteps() runs the project's own tests, and neither Holdfast's nor what is no test", async () => {
    expect(await findings(/tests/)).toMatchObject([{ subject: "backup_tests", verdict: "skipped", actual: expect.stringContaining("no tests of its own") }]);
    await client.query(`create function backup_tests.test_row_counts() returns setof text language sql as $$ select 'not ok 1'::text $$; create function backup_tests.helper() returns setof text language sql as $$ select 'not ok 1'::text $$;
      create function backup_tests.test_of_the_project() returns setof text language plpgsql set search_path = extensions as $$ begin return next ok((select count(*) = 2 from shop.orders), 'two orders'); end $$`);
    expect(await findings(/tests/)).toMatchObject([{ subject: "backup_tests", verdict: "inconclusive", actual: "pgTAP is not installed in the target, so 1 tests cannot run", evidence: { tests: 1 } }]);
    await client.query("create extension pgtap with schema extensions");
    expect((await findings(/tests/)).map((one) => [one.check_name, one.verdict])).toEqual([["run_tests", "passed"]]);
    expect(await after("insert into shop.orders values (3, 1, 'c', now())", "delete from shop.orders where id = 3", () => bad(/tests/))).toEqual([["run_tests", "backup_tests.test_of_the_project", "failed"]]);
  });
});

describe("callCheck()", () => {
  const call = async (text: string, values: unknown[] = []) => {
    await client.query("begin");
    try {
      const found = await callCheck(client, "check_indexes", text, values, "the subject");
      // The transaction can go on.
      await client.query("select 1");
      return found;
    } finally {
      await client.query("rollback");
    }
  };
  const FINDING = "('check_indexes', 's', 'passed'::backup.verdict, 'e', 'a'";

  it("callCheck() reads what a check returns, evidence or none", async () => {
    expect(await call(`(select (${FINDING}, null)::backup.finding).*)`)).toEqual([{ check_name: "check_indexes", subject: "s", verdict: "passed", expected: "e", actual: "a", evidence: {} }]);
    expect(await call(`(select (${FINDING}, jsonb_build_object('n', $1::integer))::backup.finding).*)`, [3])).toMatchObject([{ evidence: { n: 3 } }]);
    expect(await call("(select f.* from backup.check_indexes('nowhere', 'x') f)")).toEqual([]);
  });

  it("callCheck() says that a check could not run, and whether that is a difference", async () => {
    expect(await call("backup.check_of_a_later_version()")).toMatchObject([{ check_name: "check_indexes", subject: "the subject", verdict: "failed", expected: "the check runs to its end" }]);
    expect(await call(`(select (${FINDING}, jsonb_build_object('n', 1 / 0))::backup.finding).*)`)).toMatchObject([{ verdict: "inconclusive", actual: "error 22012" }]);
  });

  it("callCheck() undoes what a check writes", async () => {
    await call(`(with written as (select set_config('holdfast.written', 'yes', true)) select (${FINDING}, null)::backup.finding).* from written)`);
    expect((await client.query("select current_setting('holdfast.written', true) as written")).rows).not.toEqual([{ written: "yes" }]);
  });

  it("callCheck() does not take an answer of another form for a finding", async () => {
    await expect(call("(select 1 as n)")).rejects.toMatchObject({ name: "ZodError" });
  });
});
