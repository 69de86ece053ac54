import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { REPO_ROOT } from "../../stack/repo_root.ts";
import { createTestDatabase } from "../support/database.ts";
import { queryRows } from "../support/query_rows.ts";

const exec = promisify(execFile);
const dir = mkdtempSync(join(tmpdir(), "holdfast-demo-"));
chmodSync(dir, 0o755);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the demo as its npm script does, packages being installed already. */
async function demo(...args: string[]): Promise<Outcome> {
  try {
    const { stdout, stderr } = await exec(process.execPath, ["--import", "tsx", join(REPO_ROOT, "scripts/demo.ts"), ...args],
      { cwd: REPO_ROOT, maxBuffer: 16 * 1024 * 1024 });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

test("demo loads the sample, exports, verifies and reports; a second run adds a restore point", async () => {
  const state = join(dir, "sample");
  const first = await demo("--dir", state);
  expect(first.stderr).not.toContain("error:");
  expect(first.code).toBe(0);
  expect(first.stdout).toContain("# Backup verification: passed");
  expect(first.stderr).toContain("select * from backup.restore_points;");
  expect(first.stderr).toMatch(/\d+ invocations, .* 0 killed/);

  const second = await demo("--dir", state, "--json");
  expect(second.code).toBe(0);
  const result = JSON.parse(second.stdout) as { verdict: string; rows: number; manifest_key: string; invocations: { killed: number } };
  expect(result).toMatchObject({ verdict: "passed", invocations: { killed: 0 } });
  expect(result.rows).toBeGreaterThan(200_000);
  expect(second.stderr).toContain("loaded already");
  expect(first.stderr).not.toContain(result.manifest_key);
  // Whoever reads the invocations later finds both runs.
  expect(readFileSync(join(state, "invocations.jsonl"), "utf8").trim().split("\n").length).toBeGreaterThan(8);
}, 420_000);

test("demo backs up a database of one's own, writes only schema backup there and gives its clock back", async () => {
  const database = await createTestDatabase();
  try {
    await queryRows(database.url, "create table public.things as select i as id, 'thing ' || i as name from generate_series(1, 500) i");
    const catalog = `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'backup', 'backup_tests') order by 1`;
    const before = await queryRows(database.url, catalog);
    const { code, stdout, stderr } = await demo("--dir", join(dir, "own"), "--database-url", database.url);
    expect(stderr).not.toContain("error:");
    expect(code).toBe(0);
    expect(stdout).toMatch(/\| public\.things \| 500 \| 500 \| passed \|/);
    expect(await queryRows(database.url, catalog)).toEqual(before);
    expect(await queryRows(database.url, "select external_clock from backup.settings")).toEqual([{ external_clock: false }]);
    expect(await queryRows(database.url, "select count(*)::integer as jobs from cron.job where jobname like 'holdfast%'")).toEqual([{ jobs: 0 }]);
  } finally {
    await database.drop();
  }
}, 180_000);

test("demo explains what is wrong with its arguments and exits 2", async () => {
  const { code, stderr } = await demo("--nonsense");
  expect(code).toBe(2);
  expect(stderr).toMatch(/error: .*--nonsense[\s\S]*hint: /);
});

test("demo names the database it cannot reach, without the password", async () => {
  const { code, stderr } = await demo("--dir", join(dir, "none"), "--database-url", "postgres://postgres:hunter2@127.0.0.1:1/none");
  expect(code).toBe(3);
  expect(stderr).toContain("127.0.0.1:1/none");
  expect(stderr).not.toContain("hunter2");
}, 60_000);
