import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Manifest } from "../../../functions/_shared/export/manifest.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { type RestoreBench, startRestoreBench } from "../../support/e2e_restore.ts";
import type { HoldfastOutcome } from "../../support/run_holdfast.ts";
import { queryRows } from "../../support/query_rows.ts";

const ROWS = "create table public.orders (id int primary key, note text); insert into public.orders select n, repeat('x', 400) from generate_series(1, 3000) n; create table public.notes (id int primary key); insert into public.notes select generate_series(1, 10)";

const THAW_MS = 1_500;

describe("restoring from an archive", () => {
  let source: TestDatabase;
  let target: TestDatabase;
  let bench: RestoreBench;
  let manifest: Manifest;
  let prefix: string;
  beforeAll(async () => {
    [bench, source] = await Promise.all([startRestoreBench(), createTestDatabase({ migrated: true })]);
    await queryRows(source.url, ROWS);
    await queryRows(source.url, "update backup.policies set storage_class = 'GLACIER' where tier = 'daily'");
    await queryRows(source.url, "update backup.settings set chunk_bytes = 262144 where id");
    manifest = await bench.backUp(source.url);
    bench.storage.archive.thawMs = THAW_MS;
    prefix = `holdfast/${manifest.project}/runs/${manifest.run_id}/`;
  }, 60_000);
  beforeEach(async () => void (target = await createTestDatabase()));
  afterEach(async () => {
    bench.storage.faults.clear();
    bench.storage.archive.thawMs = THAW_MS;
    await target.drop();
    await refreeze();
  });
  afterAll(async () => {
    await bench.close();
    await source.drop();
  });

  const states = async (): Promise<Record<string, string>> => {
    const found: Record<string, string> = {};
    for await (const { key, storageClass } of bench.s3.listObjects(prefix)) {
      if (key.includes("/proofs/")) continue;
      const thaw = (await bench.s3.headObject(key))?.thaw;
      found[key.slice(prefix.length)] = `${storageClass}${thaw === null || thaw === undefined ? "" : thaw.ongoing ? " ongoing" : " thawed"}`;
    }
    return found;
  };
  const count = async (state: string): Promise<number> => Object.values(await states()).filter((one) => one === state).length;
  /** Puts every object back into the class it has, as no copy outlives that. */
  const refreeze = async (change: (key: string, storageClass: string) => string = (_, storageClass) => storageClass): Promise<void> => {
    for await (const { key, storageClass, etag } of bench.s3.listObjects(prefix)) {
      if (key.includes("/proofs/")) continue;
      const wanted = change(key.slice(prefix.length), storageClass);
      if (wanted === storageClass && (await bench.s3.headObject(key))?.thaw === null) continue;
      bodies.set(key, bodies.get(key) ?? await bodyOf(key));
      await bench.s3.putObject(key, bodies.get(key) ?? new Uint8Array(), { storageClass: wanted, ifNoneMatch: false });
      expect((await bench.s3.headObject(key))?.etag).toBe(etag);
    }
  };
  const bodies = new Map<string, Uint8Array>();
  const bodyOf = async (key: string): Promise<Uint8Array> => {
    const { thawMs } = bench.storage.archive;
    bench.storage.archive.thawMs = 0;
    while (await bench.s3.restoreObject(key, { tier: "Standard", days: 1 }) === "ongoing") await new Promise((resolve) => setTimeout(resolve, 50));
    bench.storage.archive.thawMs = thawMs;
    return bench.s3.getObject(key);
  };
  const restore = (...argv: string[]): Promise<HoldfastOutcome> => bench.holdfastHere("restore", "--from", "latest", "--to", target.url, ...argv);
  const isUntouched = async (): Promise<boolean> =>
    (await queryRows(target.url, "select from pg_namespace n where n.nspname in ('holdfast_restore', 'backup') union all select from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'")).length === 0;

  it("exportBackup() keeps the manifest and everything else that is small readable", async () => {
    const found = await states();
    const classes = (rows: boolean) => [...new Set(Object.entries(found).filter(([key]) => key.startsWith("data/") === rows).map(([, state]) => state))];
    expect([classes(true), classes(false), found["manifest.json"]]).toEqual([["GLACIER"], ["STANDARD"], "STANDARD"]);
    expect(Object.keys(found).filter((key) => key.startsWith("data/public.orders/")).length).toBeGreaterThan(2);
  });

  it("registerRestore() refuses it without --thaw before the target is touched, and a dry run and a listing show it", async () => {
    const refused = await restore();
    expect(refused).toMatchObject({ code: 3, stdout: "" });
    expect(refused.stderr).toMatch(/Cannot read run \S+ as \d+ objects \(.+ KiB\) of it are archived \(HF603\)\ndetail: .*GLACIER.*Expedited 1 to 5 minutes, Standard 3 to 5 hours, Bulk 5 to 12 hours\.\nhint: Add --thaw/);
    expect(await isUntouched()).toBe(true);
    const dry = await restore("--dry-run", "--only", "public.orders", "--thaw", "--thaw-tier", "Bulk", "--json");
    const orders = manifest.tables.find((one) => one.name === "orders")?.chunks ?? [];
    const bytes = orders.reduce((sum, one) => sum + one.bytes, 0);
    expect(JSON.parse(dry.stdout)).toMatchObject({ thaw: { objects: orders.length, bytes, tier: "Bulk", usual_seconds: 43_200, by_class: [{ storage_class: "GLACIER", objects: orders.length, bytes }] } });
    expect((await restore("--dry-run")).stdout).toMatch(/Before that \d+ objects .* have to be thawed \(--thaw\)[^]*With tier Standard: 3 to 5 hours, then the restore\./);
    expect((await bench.holdfastHere("restore", "--list")).stdout).toContain(`${manifest.run_id}  0       archived`);
    expect(await count("GLACIER ongoing")).toBe(0);
  });

  it("registerRestore() asks without waiting, only for what is needed, and restores when called again", async () => {
    const argv = ["--only", "public.orders", "--thaw", "--no-wait", "--no-prove", "--json"];
    const orders = manifest.tables.find((one) => one.name === "orders")?.chunks?.length;
    const asked = await restore(...argv);
    expect(asked.code, asked.stderr).toBe(12);
    expect(JSON.parse(asked.stdout)).toMatchObject({ run_id: manifest.run_id, thaw: { objects: orders, pending_objects: orders, tier: "Standard", days: 3, usual_seconds: 18_000 } });
    expect([await count("GLACIER ongoing"), await isUntouched()]).toEqual([orders, true]);
    await new Promise((resolve) => setTimeout(resolve, THAW_MS));
    expect(await count("GLACIER thawed")).toBe(orders);
    const done = await restore(...argv);
    expect(done.code, done.stderr).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({ rows: 3000, thaw: null });
  });

  it("registerRestore() thaws, waits, restores and proves, and the wait is part of the time", async () => {
    const outcome = await restore("--thaw", "--thaw-tier", "Expedited", "--json");
    expect(outcome.code, outcome.stderr).toBe(0);
    const answer = JSON.parse(outcome.stdout) as { seconds: number; phase_seconds: { thaw: number } };
    expect(answer).toMatchObject({ verdict: "passed", thaw: { pending_objects: 0, tier: "Expedited" } });
    expect(answer.phase_seconds.thaw).toBeGreaterThan(THAW_MS / 1000 - 0.1);
    expect(answer.seconds).toBeGreaterThan(answer.phase_seconds.thaw);
    expect(await queryRows(target.url, "select count(*)::int as n from public.orders")).toEqual([{ n: 3000 }]);
  });

  it("restoreBackup() ends with HF606 when copies expire on the way, and goes on with what is left when they are asked for again", async () => {
    bench.storage.archive.thawMs = 0;
    for (const key of Object.keys(await states())) await bench.s3.restoreObject(prefix + key, { tier: "Standard", days: 1 });
    // The largest table comes first, after one byte of each of its objects: its first object passes, and the second is gone.
    const orders = manifest.tables.find((one) => one.name === "orders")?.chunks?.length ?? 0;
    bench.storage.faults.add({ kind: "status", key: "public\\.orders/", method: "GET", status: 403, code: "InvalidObjectState", skip: orders + 1 });
    await expect(bench.restore(target.url, { options: { workers: 1, prove: false } })).rejects.toMatchObject({ code: "HF606", hint: expect.stringContaining("--thaw") });
    const loaded = (await queryRows(target.url, "select count(*)::int as n from holdfast_restore.chunks"))[0]?.["n"] as number;
    expect(loaded).toBeGreaterThan(0);
    await refreeze();
    const outcome = await restore("--thaw", "--no-prove", "--json");
    expect(outcome.code, outcome.stderr).toBe(0);
    expect((JSON.parse(outcome.stdout) as { thaw: { objects: number } }).thaw.objects).toBeLessThanOrEqual(await count("GLACIER thawed"));
    expect(await count("GLACIER")).toBeGreaterThanOrEqual(loaded);
    expect(await queryRows(target.url, "select count(*)::int as n, count(distinct id)::int as ids from public.orders")).toEqual([{ n: 3000, ids: 3000 }]);
  });

  it("registerRestore() thaws all of it where a lifecycle rule has archived the manifest as well", async () => {
    await refreeze((_, storageClass) => (storageClass === "STANDARD" ? "DEEP_ARCHIVE" : storageClass));
    try {
      expect(await restore()).toMatchObject({ code: 3, stderr: expect.stringMatching(/HF603[^]*--thaw/) });
      expect(await restore("--thaw", "--thaw-tier", "Expedited")).toMatchObject({ code: 3, stderr: expect.stringContaining("HF605") });
      bench.storage.archive.thawMs = 0;
      const outcome = await restore("--thaw", "--no-prove", "--json");
      expect(outcome.code, outcome.stderr).toBe(0);
      expect(JSON.parse(outcome.stdout)).toMatchObject({ rows: expect.any(Number), thaw: { objects: Object.keys(await states()).length } });
    } finally {
      await refreeze((_, storageClass) => (storageClass === "DEEP_ARCHIVE" ? "STANDARD" : storageClass));
    }
  });

  it("registerRestore() says what to do with a storage that has no RestoreObject", async () => {
    bench.storage.faults.add({ kind: "status", method: "POST", status: 501, code: "NotImplemented", times: 0 });
    expect(await restore("--thaw")).toMatchObject({ code: 3, stderr: expect.stringMatching(/HF604[^]*hint: .*without --thaw/) });
    expect(await isUntouched()).toBe(true);
  });
}, 60_000);
