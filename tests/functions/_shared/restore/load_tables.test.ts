import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Backup } from "../../../../functions/_shared/restore/backup_source.ts";
import { loadTables } from "../../../../functions/_shared/restore/load_tables.ts";
import { openRestoreState } from "../../../../functions/_shared/restore/restore_state.ts";
import { fixtureSql } from "../../../support/export_world.ts";
import { createRestoreTarget, fingerprintOf, memoryBackup, type MemoryStorage, type RestoreTarget } from "../../../support/restore_world.ts";

const SQL = `${fixtureSql("odd_tables.sql")}; ${fixtureSql("odd_types.sql")}`;
const SCHEMAS = "odd_tables|odd_types|odd_tables.a|Odd \"schema\". äöü";

describe("loadTables()", () => {
  let storage: MemoryStorage;
  let backup: Backup;
  let target: RestoreTarget;

  beforeAll(async () => {
    ({ storage, backup } = await memoryBackup(SQL, { chunkBytes: 65_536 }));
    target = await createRestoreTarget({ sql: SQL });
  }, 120_000);
  afterAll(() => target.close());

  const ours = () => backup.manifest.tables.filter((one) => SCHEMAS.split("|").includes(one.schema));

  beforeEach(async () => {
    await target.sql("drop schema if exists holdfast_restore cascade");
    for (const one of ours()) await target.sql(`truncate only ${target.client.escapeIdentifier(one.schema)}.${target.client.escapeIdentifier(one.name)}`).catch(async () =>
      await target.sql(`delete from only ${target.client.escapeIdentifier(one.schema)}.${target.client.escapeIdentifier(one.name)}`));
    await openRestoreState(target.client, { runId: backup.manifest.run_id, manifestSha256: backup.manifestSha256, options: {} });
  });

  it("loadTables() brings every odd table and type back to the fingerprint of the manifest", async () => {
    const seen: [number, number][] = [];
    const context = await target.context(backup, { tables: ours(), onProgress: (done, total) => void seen.push([done, total]) });
    expect(await loadTables(context)).toEqual([]);
    expect(context.leftOut).toEqual([]);
    for (const table of ours()) {
      expect({ name: table.name, ...await fingerprintOf(target.client, table) }).toEqual({ name: table.name, rows: table.rows, fingerprint: table.fingerprint });
    }
    const total = ours().reduce((sum, one) => sum + one.raw_bytes, 0);
    expect(seen.at(-1)).toEqual([total, total]);
    expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).sort((a, b) => a - b));
  });

  it("loadTables() reads and loads nothing twice when it is called again", async () => {
    await loadTables(await target.context(backup, { tables: ours() }));
    storage.reads.clear();
    expect(await loadTables(await target.context(backup, { tables: ours() }))).toEqual([]);
    expect([...storage.reads.keys()].filter((key) => key.includes("/data/"))).toEqual([]);
    for (const table of ours()) expect(await fingerprintOf(target.client, table)).toEqual({ rows: table.rows, fingerprint: table.fingerprint });
  });
});
