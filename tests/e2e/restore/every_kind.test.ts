import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { RestoreResult } from "../../../functions/_shared/restore/restore_backup.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { problemsOf, type RestoreBench, startRestoreBench } from "../../support/e2e_restore.ts";
import { findPgDump, pgDumpLines } from "../../support/pg_dump_lines.ts";
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

describe("restoreBackup()", () => {
  it("restoreBackup() restores and proves objects of every kind, and leaves none out", () => {
    expect(result.proof?.verdict, JSON.stringify(problemsOf(result))).toBe("passed");
    // Roles are those of the server, where other tests have some of theirs.
    expect(result.leftOut.filter(({ reason, subject }) => reason !== "platform" && !/^(statistics of|membership of|role|password of role|settings of) /.test(subject))).toEqual([]);
  });

  // Where npm's server has no pg_dump of its version, the proof above is what there is; CI has both.
  it.skipIf(pgDump === null)("restoreBackup() brings a database of which pg_dump writes the same lines", async () => {
    const program = pgDump ?? "";
    expect(await pgDumpLines(program, target.adminUrl, "--schema-only")).toEqual(await pgDumpLines(program, source.adminUrl, "--schema-only"));
    const rows = ["--data-only", "--exclude-schema=backup", "--exclude-table-data=auth.schema_migrations", "--exclude-table-data=storage.migrations"];
    expect(await pgDumpLines(program, target.adminUrl, ...rows)).toEqual(await pgDumpLines(program, source.adminUrl, ...rows));
  }, 60_000);
});
