import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../functions/_shared/database/connect.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { type Bench, type CommandOptions, runCommand, startBench } from "../../support/e2e_bench.ts";
import { expectFailed, expectGood, expectNextGood, readRun, whenHit } from "../../support/e2e_runs.ts";
import { queryRows } from "../../support/query_rows.ts";
import { waitUntil } from "../../support/wait_until.ts";

describe("exportBackup() while the database changes under it", () => {
  let database: TestDatabase;
  let bench: Bench & { stop(): Promise<void> };
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    bench = await startBench(database.url);
    await queryRows(bench.databaseUrl, "create index checking_balance on bank.checking (balance)");
  });
  afterEach(() => bench.storage.faults.clear());
  afterAll(async () => {
    await bench.stop();
    await database.drop();
  });

  /** Runs with one worker and does `change` after the plan and before any table is copied. */
  async function runWhile(change: string, options: CommandOptions & { key?: string } = {}): Promise<{ runId: string; error: unknown }> {
    const running = runCommand(bench, options).then(() => undefined, (reason: unknown) => reason);
    // The schema is stored first and alone; its upload waits while the change is made.
    await whenHit(bench, { kind: "delay", delayMs: 700, method: "PUT", key: options.key ?? "schema\\.json" }, () => queryRows(database.adminUrl, change));
    const error = await running;
    return { runId: (await readRun(bench))?.run_id ?? "", error };
  }

  it.each<[string, string, string, RegExp]>([
    ["add column", "alter table bank.savings add column note text", "alter table bank.savings drop column note", /schema changed during the run/],
    ["create table", "create table bank.newcomer ()", "drop table bank.newcomer", /schema changed during the run/],
    ["drop index", "drop index bank.checking_balance", "create index checking_balance on bank.checking (balance)", /schema changed during the run/],
    ["drop column", "alter table bank.savings drop column padding", "alter table bank.savings add column padding text", /bank\.savings as it was dropped or altered/],
    ["rename table", "alter table bank.savings rename to hoard", "alter table bank.hoard rename to savings", /bank\.savings as it was dropped or altered/],
  ])("exportBackup() fails over %s with HF302", async (_, change, undo, message) => {
    const { runId, error } = await runWhile(change);
    expect(error).toMatchObject({ code: "HF302" });
    await expectFailed(bench, runId, "HF302", message);
    await queryRows(bench.databaseUrl, undo);
  });

  it("exportBackup() fails over a dropped table with HF302", async () => {
    await queryRows(bench.databaseUrl, "create table bank.doomed as select g as id from generate_series(1, 1000) g");
    const { runId, error } = await runWhile("drop table bank.doomed");
    expect(error).toMatchObject({ code: "HF302" });
    await expectFailed(bench, runId, "HF302", /bank\.doomed as it was dropped or altered/);
  });

  it("exportBackup() fails over TRUNCATE with HF301 although the snapshot would see an empty table", async () => {
    await queryRows(bench.databaseUrl, "create table bank.shortlived as select g as id from generate_series(1, 1000) g");
    const { runId, error } = await runWhile("truncate bank.shortlived");
    expect(error).toMatchObject({ code: "HF301" });
    await expectFailed(bench, runId, "HF301", /bank\.shortlived as it was rewritten/);
    await queryRows(bench.databaseUrl, "drop table bank.shortlived");
  });

  it("exportBackup() waits for a TRUNCATE that is not committed and fails with HF301 when it is", async () => {
    await queryRows(bench.databaseUrl, "create table bank.shortlived as select g as id from generate_series(1, 1000) g");
    const other = await connect(bench.databaseUrl, { applicationName: "migration" });
    const running = runCommand(bench).then(() => undefined, (reason: unknown) => reason);
    await whenHit(bench, { kind: "delay", delayMs: 700, method: "PUT", key: "schema\\.json" }, async () => {
      await other.query("begin; truncate bank.shortlived");
    });
    await waitForBlocked();
    await other.query("commit");
    await other.end();
    expect(await running).toMatchObject({ code: "HF301" });
    await expectFailed(bench, (await readRun(bench))?.run_id ?? "", "HF301", /bank\.shortlived/);
    await queryRows(bench.databaseUrl, "drop table bank.shortlived");
  });

  it("exportBackup() copies a table again after VACUUM FULL moved its rows, also those it had copied already", async () => {
    // More chunks than one claim holds, so that the move comes between two claims.
    await queryRows(bench.databaseUrl, "update backup.settings set chunk_bytes = 65536 where id");
    await queryRows(bench.databaseUrl, "delete from bank.checking where id > 10000; update bank.checking set padding = padding where id % 2 = 0");
    const { error } = await runWhile("vacuum full bank.checking", { key: "data/bank\\.checking/" });
    expect(error).toBeUndefined();
    const runId = (await readRun(bench))?.run_id ?? "";
    const replaced = await queryRows(bench.databaseUrl,
      "select count(*) filter (where c.object_key is not null) > 0 as copied_twice from backup.chunks c where c.run_id = $1 and c.state = 'replaced'", [runId]);
    expect(replaced).toEqual([{ copied_twice: true }]);
    await expectGood(bench, runId);
    await queryRows(bench.databaseUrl, "update backup.settings set chunk_bytes = 524288 where id");
  });

  it("exportBackup() fails over VACUUM FULL of a table too large to have been counted with HF301", async () => {
    await queryRows(bench.databaseUrl, "update backup.settings set count_at_plan_bytes = 0 where id");
    const { runId, error } = await runWhile("vacuum full bank.checking");
    await queryRows(bench.databaseUrl, "update backup.settings set count_at_plan_bytes = default where id");
    expect(error).toMatchObject({ code: "HF301" });
    await expectFailed(bench, runId, "HF301", /bank\.checking/);
  });

  it("exportBackup() keeps the snapshot's rows over DELETE, VACUUM and INSERT, and takes none that came later", async () => {
    const [before] = await queryRows(bench.databaseUrl, "select count(*)::text as rows, bank.total()::text as total from bank.checking");
    const { runId, error } = await runWhile(`
      delete from bank.transfers; delete from bank.checking where id <= 3000;
      insert into bank.checking select g, 7, 'late' from generate_series(50001, 60000) g`);
    expect(error).toBeUndefined();
    const run = await readRun(bench, runId);
    const tables = await queryRows(bench.databaseUrl,
      "select t.rows::text from backup.run_tables t where t.run_id = $1 and t.table_name = 'checking'", [run?.run_id]);
    expect(tables).toEqual([{ rows: before?.["rows"] }]);
    await queryRows(bench.databaseUrl, `
      delete from bank.checking where id > 50000;
      insert into bank.checking select g, 1000, repeat(md5(g::text), 10) from generate_series(1, 3000) g`);
    await queryRows(bench.databaseUrl, "vacuum bank.checking");
    expect(await queryRows(bench.databaseUrl, "select bank.total()::text as total")).toEqual([{ total: before?.["total"] }]);
    await expectNextGood(bench);
  });

  async function waitForBlocked(): Promise<void> {
    await waitUntil(async () => (await queryRows(bench.databaseUrl,
      "select from pg_locks l where not l.granted and l.relation = 'bank.shortlived'::regclass")).length > 0);
  }
});
