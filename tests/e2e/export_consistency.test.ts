import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type Bench, runCommand, startBench } from "../support/e2e_bench.ts";
import { moneyProblem, startWriter, type Writer } from "../support/e2e_money.ts";
import { readBackup } from "../support/e2e_read_backup.ts";
import { readRun } from "../support/e2e_runs.ts";
import { queryRows } from "../support/query_rows.ts";

const RUNS = 20;

describe("exportBackup() while money moves", () => {
  let database: TestDatabase;
  let bench: Bench & { stop(): Promise<void> };
  let writer: Writer;
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    bench = await startBench(database.url);
    // Small chunks spread one export over many transactions; the own schemas of a project hold nothing that moves here.
    await queryRows(database.url, "update backup.settings set chunk_bytes = 262144, included_schemas = '{bank}' where id");
    writer = await startWriter(database.url);
  });
  afterAll(async () => {
    await writer.stop();
    await bench.stop();
    await database.drop();
  });

  it(`exportBackup() shows one moment in each of ${RUNS} exports`, async () => {
    const totals = new Set<string>();
    for (let run = 1; run <= RUNS; run++) {
      const before = writer.commits();
      const { runId } = await runCommand(bench, { workers: 2 });
      const backup = await readBackup(bench, (await readRun(bench, runId))?.object_prefix ?? "");
      expect(moneyProblem(backup), `export ${run}, ${runId}`).toBeUndefined();
      expect(writer.commits()).toBeGreaterThan(before);
      totals.add(backup.manifest.tables.map((one) => one.fingerprint).join());
    }
    // Every export saw other data, so the money moved during all of them.
    expect(totals.size).toBe(RUNS);
  }, 120_000);
});
