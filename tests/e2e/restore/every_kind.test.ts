import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { RestoreResult } from "../../../functions/_shared/restore/restore_backup.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { problemsOf, type RestoreBench, startRestoreBench } from "../../support/e2e_restore.ts";
import { findPgDump } from "../../support/find_pg_dump.ts";
import { queryRows } from "../../support/query_rows.ts";

const pgDump = findPgDump(inject("holdfastCluster").serverVersion);

let bench: RestoreBench;
let source: TestDatabase;
let target: TestDatabase;
let result: RestoreResult;
beforeAll(async () => {
  [bench, source, target] = await Promise.all([startRestoreBench(), createTestDatabase({ migrated: true }), createTestDatabase()]);
  await queryRows(source.url, readFileSync(join(import.meta.dirname, "../../fixtures/restore/every_kind.sql"), "utf8"));
  await bench.backUp(source.url);
  result = await bench.restore(target.url);
}, 60_000);
afterAll(async () => {
  await bench.close();
  await source.drop();
  await target.drop();
});

/** Lines that say something, in an order that does not depend on object ids. */
async function dump(url: string, program: string, ...options: string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(program, [...options, url], { maxBuffer: 256 * 1024 * 1024 });
  return stdout.split("\n").filter((line) => line !== "" && !/^(--|\\(un)?restrict )/.test(line)).sort();
}

describe("restoreBackup()", () => {
  it("restoreBackup() restores and proves objects of every kind, and leaves none out", () => {
    expect(result.proof?.verdict, JSON.stringify(problemsOf(result))).toBe("passed");
    expect(result.leftOut.filter(({ reason, subject }) => reason !== "platform" && !subject.startsWith("statistics of "))).toEqual([]);
  });

  // Where npm's server has no pg_dump of its version, the proof above is what there is; CI has both.
  it.skipIf(pgDump === null)("restoreBackup() brings a database of which pg_dump writes the same lines", async () => {
    const program = pgDump ?? "";
    expect(await dump(target.adminUrl, program, "--schema-only")).toEqual(await dump(source.adminUrl, program, "--schema-only"));
    const rows = ["--data-only", "--exclude-schema=backup", "--exclude-table-data=auth.schema_migrations", "--exclude-table-data=storage.migrations"];
    expect(await dump(target.adminUrl, program, ...rows)).toEqual(await dump(source.adminUrl, program, ...rows));
  }, 60_000);
});
