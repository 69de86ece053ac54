import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { REPO_ROOT } from "../../../stack/repo_root.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { type Bench, runCommand, startBench } from "../../support/e2e_bench.ts";
import { expectFailed, expectGood, expectNextGood, readRun, whenHit } from "../../support/e2e_runs.ts";
import { queryRows } from "../../support/query_rows.ts";
import { waitUntil } from "../../support/wait_until.ts";

/** Made for one run of this file: roles belong to the whole cluster. */
const ROLE = `holdfast_e2e_${process.pid}`;

describe("exportBackup() when sessions, processes and rights go away", () => {
  let database: TestDatabase;
  let bench: Bench & { stop(): Promise<void> };
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    bench = await startBench(database.url);
  });
  afterEach(async () => {
    bench.storage.faults.clear();
    await dropRole();
  });
  afterAll(async () => {
    await bench.stop();
    await database.drop();
  });
  const caught = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (reason: unknown) => reason);
  const killKeeper = (): Promise<unknown> =>
    queryRows(bench.databaseUrl, "select pg_terminate_backend(r.keeper_pid) from backup.runs r where r.state = 'exporting'");
  const newestRun = async (): Promise<string> => (await readRun(bench))?.run_id ?? "";

  it("exportBackup() fails with HF300 when the keeper is terminated", async () => {
    const running = caught(runCommand(bench));
    await whenHit(bench, { kind: "delay", delayMs: 500, method: "PUT", key: "schema\\.json" }, killKeeper);
    expect(await running).toMatchObject({ code: "HF300" });
    await expectFailed(bench, await newestRun(), "HF300");
  });

  it("exportBackup() needs no keeper once every row is copied", async () => {
    const running = caught(runCommand(bench));
    await whenHit(bench, { kind: "delay", delayMs: 500, method: "PUT", key: "schema\\.sql" }, killKeeper);
    expect(await running).toBeUndefined();
    await expectGood(bench, await newestRun());
  });

  it("exportBackup() replaces a worker's session that was terminated", async () => {
    const running = caught(runCommand(bench));
    await whenHit(bench, { kind: "delay", delayMs: 500, method: "PUT", key: "data/" }, () =>
      queryRows(bench.databaseUrl, "select pg_terminate_backend(a.pid) from pg_stat_activity a where a.datname = current_database() and a.application_name = 'holdfast worker-1'"));
    expect(await running).toBeUndefined();
    await expectGood(bench, await newestRun());
  });

  it("exportBackup() drops the report of a worker whose lease ran out, and takes its successor's", async () => {
    // Longer than the lease of 5 s; the schema keeps the run going until the late report has come.
    const late = { kind: "delay", delayMs: 6_500, method: "PUT", key: "data/bank\\.checking/" } as const;
    bench.storage.faults.add({ kind: "delay", delayMs: 4_000, method: "PUT", key: "schema\\.sql" });
    const running = runCommand(bench, { workers: 2 });
    await whenHit(bench, late, async () => undefined);
    const { runId } = await running;
    const { manifest, keys } = await expectGood(bench, runId);
    const named = manifest.tables.flatMap((one) => one.chunks ?? []).map((chunk) => chunk.key);
    const second = named.filter((key) => key.includes("bank.checking/") && key.includes("~2"));
    expect(second.length).toBeGreaterThan(0);
    // What the late one stored is there and nobody names it.
    for (const key of second) {
      expect(keys).toContain(key.replace("~2", ""));
      expect(named).not.toContain(key.replace("~2", ""));
    }
  }, 40_000);

  it("holdfast backup that is killed leaves a run that the next one ends with HF300", async () => {
    const child = spawn(process.execPath, [join(REPO_ROOT, "cli/holdfast.mjs"), "backup"], {
      env: { PATH: process.env["PATH"], ...bench.s3Env, HOLDFAST_DB_URL: bench.databaseUrl }, stdio: "ignore",
    });
    await whenHit(bench, { kind: "delay", delayMs: 1_000, method: "PUT", key: "data/" }, async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
    });
    bench.storage.faults.clear();
    const dead = await readRun(bench);
    expect(dead?.state).toBe("exporting");
    // The server notices within seconds that nobody is at the other end of the keeper's session.
    await waitUntil(async () => (await queryRows(bench.databaseUrl, "select from backup.keeper_snapshot($1) k where k.snapshot_id is not null", [dead?.run_id])).length === 0, 15_000);
    await expectNextGood(bench);
    await expectFailed(bench, dead?.run_id ?? "", "HF300");
  }, 40_000);

  it.each([
    ["tick()", "select backup.run_job('tick')"],
    ["start_run()", "select backup.start_run('sql', 'cli')"],
  ])("%s ends a run with HF005 when no pg_cron brings its keeper", async (_, statement) => {
    await queryRows(bench.databaseUrl, "update backup.settings set keeper_start_timeout = '300 milliseconds' where id");
    const [started] = await queryRows(bench.databaseUrl, "select backup.start_run('sql', 'functions') as run_id");
    const runId = String(started?.["run_id"]);
    await sleep(400);
    await queryRows(bench.databaseUrl, statement);
    await queryRows(bench.databaseUrl, "update backup.settings set keeper_start_timeout = default where id; select backup.cancel_run(r.run_id) from backup.runs r where r.state = 'starting'");
    await expectFailed(bench, runId, "HF005", /Is pg_cron running/);
  });

  /** The URL of a role that may use Holdfast and read the accounts, and nothing else. */
  async function urlOfRole(attributes: string): Promise<string> {
    await queryRows(database.adminUrl, `
      create role ${ROLE} login password 'postgres' ${attributes};
      grant usage on schema backup, bank, supabase_migrations, cron, vault, storage to ${ROLE};
      grant select on all tables in schema cron, vault, storage to ${ROLE};
      grant all on all tables in schema backup to ${ROLE};
      grant all on all sequences in schema backup to ${ROLE};
      grant execute on all functions in schema backup to ${ROLE};
      grant select on all tables in schema bank, supabase_migrations to ${ROLE};
      grant select on all sequences in schema bank to ${ROLE};
      update backup.settings set excluded_schemas = '{auth,storage}' where id`);
    const url = new URL(bench.databaseUrl);
    url.username = ROLE;
    return url.href;
  }
  /** Safe to call when there is none. */
  async function dropRole(): Promise<void> {
    await queryRows(database.adminUrl, `
      do $$ begin if to_regrole('${ROLE}') is not null then drop owned by ${ROLE}; drop role ${ROLE}; end if; end $$;
      update backup.settings set excluded_schemas = '{}' where id`);
  }

  it("exportBackup() fails with HF305 when a table's rights are taken away during the run", async () => {
    const databaseUrl = await urlOfRole("bypassrls");
    const running = caught(runCommand(bench, { databaseUrl }));
    await whenHit(bench, { kind: "delay", delayMs: 700, method: "PUT", key: "schema\\.json" }, () =>
      queryRows(database.adminUrl, `revoke select on bank.savings from ${ROLE}`));
    expect(await running).toMatchObject({ code: "HF305" });
    await expectFailed(bench, await newestRun(), "HF305", /bank\.savings as the role may not read all of its rows/);
  });

  it("exportBackup() says at once why a role cannot hold the snapshot", async () => {
    const databaseUrl = await urlOfRole("bypassrls");
    await queryRows(database.adminUrl, `revoke execute on function backup.claim_keeper(text) from ${ROLE}`);
    const started = performance.now();
    expect(await caught(runCommand(bench, { databaseUrl }))).toMatchObject({ code: "HF005", detail: expect.stringContaining("permission denied for function claim_keeper") });
    expect(performance.now() - started).toBeLessThan(10_000);
    await expectFailed(bench, await newestRun(), "HF005");
  });

  it("exportBackup() fails with HF305 where row security would hide rows of a table from its role", async () => {
    // Holdfast's own tables belong to postgres; forced row security also binds the owner and spares only BYPASSRLS.
    await queryRows(database.adminUrl, `create role ${ROLE} login password 'postgres' in role postgres, supabase_auth_admin, supabase_storage_admin`);
    await queryRows(bench.databaseUrl, "alter table bank.savings enable row level security; alter table bank.savings force row level security");
    const url = new URL(bench.databaseUrl);
    url.username = ROLE;
    const error = await caught(runCommand(bench, { databaseUrl: url.href }));
    expect(error).toMatchObject({ code: "HF305" });
    await expectFailed(bench, await newestRun(), "HF305", /table bank\.savings cannot be read: Row security hides rows.*bypassrls/);
    // postgres has BYPASSRLS on the platform.
    await expectNextGood(bench);
  });
});
