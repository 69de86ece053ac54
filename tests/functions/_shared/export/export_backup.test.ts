import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { compress, type Compress } from "../../../../functions/_shared/export/compress.ts";
import { exportBackup, type ExportBackupOptions } from "../../../../functions/_shared/export/export_backup.ts";
import { Ledger, type RunProgress } from "../../../../functions/_shared/export/ledger.ts";
import { Naps } from "../../../../functions/_shared/export/naps.ts";
import { createExportWorld, type ExportWorld, readManifest } from "../../../support/export_world.ts";
import { waitUntil } from "../../../support/wait_until.ts";

const MIB = 1024 * 1024;

describe("exportBackup()", () => {
  let world: ExportWorld;

  beforeAll(async () => {
    world = await createExportWorld();
  });

  beforeEach(async () => {
    world.storage.faults.clear();
    await world.sql(`
      drop schema if exists shop cascade; create schema shop;
      update backup.settings set included_schemas = '{shop}', chunk_bytes = 8192, lease_seconds = 120 where id;
      create table shop.items (id bigint primary key generated always as identity, t text);
      insert into shop.items (t) select md5(g::text) from generate_series(1, 12000) g`);
  });

  afterEach(async () => {
    // Every session of a run is closed with it, the keeper included.
    await waitUntil(async () => (await world.sql(
      "select 1 from pg_stat_activity where datname = current_database() and application_name ~ '^holdfast[: ](backup|worker|keeper|[0-9])'")).length === 0);
  });

  afterAll(async () => {
    await world.close();
  });

  const run = (options: Partial<ExportBackupOptions> = {}) => exportBackup({ connect: (name) => world.connect(name), s3: world.s3, workers: 2, tier: null, ...options });
  const states = async (): Promise<string[]> => (await world.sql<{ state: string }>("select distinct state::text from backup.runs where state in ('starting', 'exporting')")).map(({ state }) => state);
  /** Requests for data objects take this long, so that a test can act meanwhile. */
  const slow = (delayMs: number) => world.storage.faults.add({ kind: "delay", method: "PUT", key: "data/", delayMs, times: 0 });
  const exporting = () => waitUntil(async () => (await world.sql("select 1 from backup.chunks c join backup.runs r using (run_id) where r.state = 'exporting' and c.kind = 'data' and c.state = 'claimed'")).length > 0);
  const killSession = (pattern: string) => world.sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name ~ $1", [pattern]);

  it("exportBackup() makes a restore point whose objects are all listed in the manifest", async () => {
    const result = await run({ tier: "weekly" });
    const manifest = await readManifest(world, result.manifestKey);
    expect(manifest).toMatchObject({ run_id: result.runId, engine: "cli", tier: "weekly", totals: { rows: 12000 } });
    expect(manifest.objects.map(({ content }) => content).sort()).toEqual(["config.json", "globals.json", "roles.sql", "schema.json", "schema.sql", "sequences.json"]);
    const prefix = result.manifestKey.replace(/manifest\.json$/, "");
    const listed = [...manifest.objects, ...manifest.tables.flatMap(({ chunks }) => chunks ?? [])].map(({ key }) => prefix + key);
    expect([...listed, result.manifestKey].sort()).toEqual(await world.keys(prefix));
    expect(result).toMatchObject({ rows: 12000, rawBytes: manifest.totals.raw_bytes });
    expect(result.storedBytes).toBeGreaterThan(0);
    const [row] = await world.sql("select state, rows from backup.runs where run_id = $1", [result.runId]);
    expect(row).toEqual({ state: "complete", rows: "12000" });
  });

  it("exportBackup() packs rows, and nothing else, with what it is given for it", async () => {
    const asked: { text: string; rowBytes: number | undefined }[] = [];
    const compressRows: Compress = async (bytes, rowBytes) => {
      asked.push({ text: Buffer.from(bytes).toString(), rowBytes });
      return compress(bytes, rowBytes);
    };
    const { rawBytes } = await run({ compressRows });
    expect(asked.map(({ text }) => text.length).reduce((sum, one) => sum + one, 0)).toBe(rawBytes);
    for (const { text, rowBytes } of asked) {
      expect(text).toMatch(/^(\d+\t[0-9a-f]{32}\n)+$/);
      expect(rowBytes).toBeCloseTo(text.length / text.split("\n").slice(1).length, 6);
    }
  });

  it("exportBackup() wakes a worker when there is a plan, and when the run has ended", async () => {
    const { sleep } = Naps.prototype;
    const long = vi.spyOn(Naps.prototype, "sleep").mockImplementation(function (this: Naps, ms) { return sleep.call(this, ms * 1000); });
    try {
      slow(20);
      const { runId } = await run({ workers: 2 });
      expect(long).toHaveBeenCalled();
      expect(await world.sql("select distinct claimed_by from backup.chunks where run_id = $1 and kind = 'data' order by 1", [runId]))
        .toEqual([{ claimed_by: "worker-1" }, { claimed_by: "worker-2" }]);
    } finally {
      long.mockRestore();
    }
  }, 60_000);

  it("exportBackup() claims less and less towards the end, so that no worker is left alone with the last chunks", async () => {
    await world.sql("update backup.settings set chunk_bytes = 262144 where id; insert into shop.items (t) select repeat(md5(g::text), 10) from generate_series(1, 60000) g");
    slow(150);
    const claim = vi.spyOn(Ledger.prototype, "claim");
    try {
      await run({ workers: 3 });
      const asked = claim.mock.calls.map(([, , maxBytes]) => maxBytes);
      expect(asked[0]).toBe(32 * MIB); // nothing is known yet
      const known = asked.filter((bytes) => bytes < 32 * MIB);
      expect(known).toEqual([...known].sort((a, b) => b - a));
      expect(known.at(-1)).toBeLessThan(known[0] ?? 0);
      expect(known.every((bytes) => Number.isInteger(bytes) && bytes >= MIB && bytes <= 5 * MIB)).toBe(true); // 24 MB for three
    } finally {
      claim.mockRestore();
    }
  }, 60_000);

  it("exportBackup() tells its id at once and progress that never goes back", async () => {
    slow(60);
    const seen: RunProgress[] = [];
    let startedAs = "";
    const result = await run({ onStarted: (runId) => { startedAs = runId; }, onProgress: (progress) => { seen.push(progress); } });
    expect(startedAs).toBe(result.runId);
    expect(seen.length).toBeGreaterThan(1);
    for (const [n, progress] of seen.entries()) {
      const before = seen[n - 1];
      if (before === undefined) continue;
      expect(progress.chunks_done).toBeGreaterThanOrEqual(before.chunks_done);
      expect(progress.bytes_done).toBeGreaterThanOrEqual(before.bytes_done);
      expect(progress.bytes_done).toBeLessThanOrEqual(progress.bytes_total);
    }
  });

  it("exportBackup() sees one moment although rows change meanwhile", async () => {
    const [before] = await world.sql<{ fingerprint: string }>("select fingerprint from backup.table_fingerprint('shop.items')");
    slow(80);
    const running = run();
    await exporting();
    await world.sql("delete from shop.items where id % 3 = 0; insert into shop.items (t) select 'late' from generate_series(1, 100); update shop.items set t = 'x' where id < 50");
    const manifest = await readManifest(world, (await running).manifestKey);
    expect(manifest.tables[0]).toMatchObject({ rows: 12000, fingerprint: before?.fingerprint });
  });

  it("exportBackup() goes on when the storage was down for a while", async () => {
    // More refusals than one request retries, so that chunks are given back and claimed again.
    world.storage.faults.add({ kind: "status", status: 503, code: "ServiceUnavailable", method: "PUT", times: 12 });
    const result = await run();
    expect((await world.sql("select 1 from backup.chunks where run_id = $1 and attempts > 1", [result.runId])).length).toBeGreaterThan(0);
    expect((await readManifest(world, result.manifestKey)).totals.rows).toBe(12000);
  }, 60_000);

  it("exportBackup() fails with HF202 at once when the key is wrong, and leaves no active run", async () => {
    const started = performance.now();
    await expect(run({ s3: world.s3With({}, { secretAccessKey: "wrong-secret-value" }) })).rejects.toMatchObject({ code: "HF202" });
    expect(performance.now() - started).toBeLessThan(8000);
    expect(await states()).toEqual([]);
    const [row] = await world.sql<{ text: string }>("select r::text as text from backup.runs r order by run_id desc limit 1");
    expect(row?.text).toContain("HF202");
    expect(row?.text).not.toContain("wrong-secret-value");
  });

  it("exportBackup() fails with HF300 when the keeper's session is killed, and stores no manifest", async () => {
    slow(150);
    const running = run().then(() => undefined, (error: unknown) => error);
    await exporting();
    await killSession("^holdfast:");
    expect(await running).toMatchObject({ code: "HF300" });
    expect(await states()).toEqual([]);
    const [{ prefix = "" } = {}] = await world.sql<{ prefix: string }>("select object_prefix as prefix from backup.runs order by run_id desc limit 1");
    expect((await world.keys(prefix)).filter((key) => key.endsWith("manifest.json"))).toEqual([]);
  });

  it("exportBackup() replaces a worker's session that was killed and completes", async () => {
    await world.sql("update backup.settings set lease_seconds = 5 where id");
    slow(100);
    const running = run();
    await exporting();
    await killSession("^holdfast worker");
    const result = await running;
    expect((await readManifest(world, result.manifestKey)).totals.rows).toBe(12000);
  }, 60_000);

  it("exportBackup() completes when the run ended but the answer that says so was lost", async () => {
    const connect: ExportBackupOptions["connect"] = async (name) => {
      const client = await world.connect(name);
      const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
      return Object.assign(client, { query: async (...args: unknown[]) => {
        const result = await query(...args);
        if (String(args[0]).includes("backup.finish_run")) throw new Error("Connection terminated unexpectedly");
        return result;
      } });
    };
    const { runId, rows } = await run({ connect, workers: 1 });
    expect(rows).toBe(12000);
    expect(await world.sql("select state::text from backup.runs where run_id = $1", [runId])).toEqual([{ state: "complete" }]);
  });

  it("exportBackup() completes when the session that only reports progress is killed", async () => {
    slow(60);
    const running = run();
    await exporting();
    await killSession("^holdfast backup");
    expect((await running).rows).toBe(12000);
  });

  it("exportBackup() refuses a second one with HF002 and does not disturb the first", async () => {
    slow(100);
    const first = run();
    await exporting();
    await expect(run()).rejects.toMatchObject({ code: "HF002" });
    expect((await first).rows).toBe(12000);
  });

  it("exportBackup() lets exactly one of two callers win that arrive together", async () => {
    const results = await Promise.allSettled([run(), run()]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(results.find((one) => one.status === "rejected")?.reason).toMatchObject({ code: "HF002" });
  });

  it("exportBackup() fails with the code of a chunk that cannot pass", async () => {
    slow(100);
    const running = run().then(() => undefined, (error: unknown) => error);
    await exporting();
    await world.sql("drop table shop.items");
    expect(await running).toMatchObject({ code: "HF302", message: expect.stringContaining("shop.items"), hint: expect.any(String) });
  });
});
