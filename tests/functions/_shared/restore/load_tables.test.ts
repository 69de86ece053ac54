import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ManifestTable } from "../../../../functions/_shared/export/manifest.ts";
import type { Backup } from "../../../../functions/_shared/restore/backup_source.ts";
import { loadTables } from "../../../../functions/_shared/restore/load_tables.ts";
import { openRestoreState } from "../../../../functions/_shared/restore/restore_state.ts";
import { breakingProxy } from "../../../support/breaking_proxy.ts";
import { fixtureSql } from "../../../support/export_world.ts";
import { queryRows } from "../../../support/query_rows.ts";
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

  const dataKeys = () => ours().flatMap((one) => (one.chunks ?? []).map((chunk) => ({ of: one, table: `${one.schema}.${one.name}`, ...chunk })));
  const large = () => ours().filter((one) => one.name === "large" || one.name === "wide");

  it("loadTables() stops at a damaged object with HF501, and has loaded only what is whole", async () => {
    const victim = dataKeys().find((one) => one.table === "odd_types.wide");
    const damaged = storage.copy();
    damaged.objects.delete(backup.prefix + victim?.key);
    const context = await target.context({ ...backup, s3: damaged }, { tables: ours() });
    await expect(loadTables(context)).rejects.toMatchObject({ code: "HF501", message: `Object "${backup.prefix}${victim?.key}" is missing` });
    // The same call with the object back ends well.
    expect(await loadTables(await target.context(backup, { tables: ours() }))).toEqual([]);
    for (const table of ours()) expect(await fingerprintOf(target.client, table)).toEqual({ rows: table.rows, fingerprint: table.fingerprint });
  });

  it("loadTables() with skipDamaged restores the rest and lists what is lost", async () => {
    const damaged = storage.copy();
    const victims = dataKeys().filter((one, n) => n % 5 === 0 || one.table === "odd_types.large");
    for (const { key } of victims) damaged.objects.set(backup.prefix + key, new Uint8Array(3));
    const seen: number[] = [];
    const context = await target.context({ ...backup, s3: damaged }, { tables: ours(), options: { skipDamaged: true }, onProgress: (done, total) => void seen.push(done / total) });
    const lost = await loadTables(context);
    expect(lost.map(({ table, key, rows }) => ({ table, key, rows })).sort((a, b) => (a.key < b.key ? -1 : 1)))
      .toEqual(victims.map(({ table, key, rows }) => ({ table, key: backup.prefix + key, rows })).sort((a, b) => (a.key < b.key ? -1 : 1)));
    expect(context.leftOut).toHaveLength(victims.length);
    expect(context.leftOut[0]).toMatchObject({ reason: "damaged", message: expect.stringMatching(/is damaged: \d+ rows are lost\.$/) });
    expect(seen.at(-1)).toBe(1);
    for (const table of ours()) {
      const missing = victims.filter((one) => one.of === table).reduce((sum, one) => sum + one.rows, 0);
      expect({ name: table.name, rows: (await fingerprintOf(target.client, table)).rows }).toEqual({ name: table.name, rows: table.rows - missing });
    }
  });

  it("loadTables() reads a long list from its object; a damaged one loses the table", async () => {
    const wide = ours().find((one) => one.name === "wide");
    const { chunks, ...rest } = wide ?? {};
    const list = new Uint8Array(gzipSync(JSON.stringify(chunks)));
    const ref = { content: "chunks.json", key: "chunks/wide.json.gz", sha256: createHash("sha256").update(list).digest("hex"), bytes: list.length };
    const listed = { ...backup, s3: storage.copy() };
    listed.s3.objects.set(backup.prefix + ref.key, list);
    const tables = [...ours().filter((one) => one.name !== "wide"), { ...rest, chunk_list: ref }] as ManifestTable[];
    expect(await loadTables(await target.context(listed, { tables, options: { workers: 4 } }))).toEqual([]);
    expect((await fingerprintOf(target.client, wide ?? raise())).fingerprint).toBe(wide?.fingerprint);
    expect(listed.s3.reads.get(backup.prefix + ref.key)).toBe(1);

    listed.s3.objects.set(backup.prefix + ref.key, list.subarray(1));
    await expect(loadTables(await target.context(listed, { tables }))).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining(ref.key) });
    const lost = await loadTables(await target.context(listed, { tables, options: { skipDamaged: true, workers: 4 } }));
    expect(lost).toEqual([{ table: "odd_types.wide", key: backup.prefix + ref.key, rows: wide?.rows, reason: expect.stringContaining("is damaged") }]);
  });

  it("loadTables() holds no more than its budget in memory, and still loads what exceeds it alone", async () => {
    const counting = storage.copy();
    const read = counting.getObject.bind(counting);
    let held = 0;
    let most = 0;
    counting.getObject = async (key) => {
      most = Math.max(most, ++held);
      return read(key);
    };
    const context = await target.context({ ...backup, s3: counting }, { tables: large(), options: { workers: 4 }, onProgress: () => void held-- });
    expect(await loadTables(context, { maxBytes: 1 })).toEqual([]);
    expect([most, held]).toEqual([1, 0]);
    for (const table of large()) expect(await fingerprintOf(target.client, table)).toEqual({ rows: table.rows, fingerprint: table.fingerprint });
  });

  it("loadTables() replaces sessions that are lost, and gives up with HF104 when none lasts", async () => {
    let left = 12;
    // Every session breaks after some bytes, until twelve have.
    const proxy = await breakingProxy(target.database.url, () => (left-- > 0 ? 20_000 + left * 60_000 : Infinity));
    const through = await target.context(backup, { tables: ours(), connect: (name) => target.connect(name, proxy.url) });
    for (;;) {
      const outcome = await loadTables(through, { reconnectDelaysMs: [1, 1, 1] }).catch((error: unknown) => error);
      if (Array.isArray(outcome)) break;
      expect(outcome).toMatchObject({ code: "HF104" });
    }
    expect(left).toBeLessThan(0);
    proxy.close();
    for (const table of ours()) expect(await fingerprintOf(target.client, table)).toEqual({ rows: table.rows, fingerprint: table.fingerprint });
  });

  it("loadTables() goes on without a table of the platform whose rows do not fit, names it once, and stops where the table is the project's", async () => {
    await target.sql("alter table odd_types.large add column new_in_target integer not null");
    const tables = ours().filter((one) => one.schema === "odd_types");
    await expect(loadTables(await target.context(backup, { tables }))).rejects.toMatchObject({ code: "HF505", detail: expect.stringContaining("23502") });
    const context = await target.context(backup, { tables });
    const elsewhere = { ...context, target: { ...context.target, platformSchemas: ["odd_types"] } };
    // Another role of the project may own the schema.
    await expect(loadTables(elsewhere)).rejects.toMatchObject({ code: "HF505" });
    await queryRows(target.database.adminUrl, "alter table odd_types.large owner to supabase_storage_admin; grant all on odd_types.large to postgres");
    expect(await loadTables(elsewhere)).toEqual([]);
    expect(context.leftOut).toEqual([{ reason: "platform", subject: "rows of odd_types.large", message: expect.stringMatching(/^\d+ or more of them stay behind.*column new_in_target\.$/) }]);
    for (const table of tables) expect(await fingerprintOf(target.client, table)).toMatchObject({ rows: table.name === "large" ? 0 : table.rows });
    await queryRows(target.database.adminUrl, "alter table odd_types.large drop column new_in_target; alter table odd_types.large owner to postgres");
  });

  it("loadTables() lists columns and tables that the target lacks, and loads the others", async () => {
    await target.sql(`alter table odd_tables.dropped_columns rename column kept to renamed; alter table odd_tables."a.b" rename to "gone.b"`);
    const tables = ours().filter((one) => ["dropped_columns", "a.b"].includes(one.name));
    const context = await target.context(backup, { tables });
    expect(await loadTables(context)).toEqual([]);
    expect(context.leftOut.map(({ reason, subject }) => [reason, subject]).sort()).toEqual([["version", "column odd_tables.dropped_columns.kept"], ["version", "rows of odd_tables.a.b"]]);
    expect(await target.sql("select count(*)::int as rows, count(renamed)::int as named, sum(id)::int as ids from odd_tables.dropped_columns")).toEqual([{ rows: 51, named: 0, ids: 1326 }]);
    await target.sql(`alter table odd_tables.dropped_columns rename column renamed to kept; alter table odd_tables."gone.b" rename to "a.b"`);
  });
});

function raise(): never {
  throw new Error("The backup has no such table");
}
