import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AgeIdentities } from "../../../../functions/_shared/encryption/age_identities.ts";
import { exportData } from "../../../../functions/_shared/export/export_data.ts";
import { Ledger } from "../../../../functions/_shared/export/ledger.ts";
import { makeContext } from "../../../../functions/_shared/export/make_context.ts";
import { parseManifest } from "../../../../functions/_shared/export/manifest.ts";
import { isSameSealed, sealManifest, TABLES_CONTENT } from "../../../../functions/_shared/export/seal_manifest.ts";
import { MANIFEST_NAME, writeManifest } from "../../../../functions/_shared/export/write_manifest.ts";
import { openBackup } from "../../../../functions/_shared/restore/backup_source.ts";
import { unsealBackup } from "../../../../functions/_shared/restore/unseal_backup.ts";
import { type AgeKey, makeAgeKey } from "../../../support/age_keys.ts";
import { claimKind, claimManifest, createExportWorld, type ExportWorld, openRun, type OpenRun, planned } from "../../../support/export_world.ts";
import { manifestOf } from "../../../support/memory_backup.ts";

describe("an encrypted run whose workers die", () => {
  let world: ExportWorld;
  let run: OpenRun;
  let key: AgeKey;
  beforeAll(async () => {
    key = await makeAgeKey();
    world = await createExportWorld();
    await world.sql(`create schema shop; create table shop.a as select g as id, repeat(md5(g::text), 30) as t from generate_series(1, 3000) g;
                     update backup.settings set included_schemas = '{shop}', chunk_bytes = 8388608 where id`);
  });
  beforeEach(async () => {
    run = await openRun(world, {}, [key.recipient]);
    await planned(run);
  });
  afterEach(async () => {
    world.storage.faults.clear();
    await run.close();
  });
  afterAll(() => world.close());

  const manifestKey = () => run.context.objectPrefix + MANIFEST_NAME;
  const open = async () => unsealBackup(await openBackup(world.s3, run.runId), await AgeIdentities.parse([{ name: "a", text: key.file }]));

  it("writeManifest() takes the manifest of an attempt that died for its own, although encrypting gave other bytes", async () => {
    const chunk = await claimManifest(run);
    const dying = new Ledger(run.context.client);
    dying.finish = async () => { throw new Error("the worker died"); };
    await expect(writeManifest({ ...run.context, ledger: dying }, chunk)).rejects.toThrow("the worker died");
    const first = await world.s3.getObject(manifestKey());
    await sleep(1100);
    await world.sql("update backup.chunks set lease_until = now() - interval '1 second' where run_id = $1 and state = 'claimed'", [run.runId]);
    await writeManifest(run.context, await claimManifest(run));
    expect(await world.s3.getObject(manifestKey())).toEqual(first);
    expect(await world.sql("select state::text from backup.runs where run_id = $1", [run.runId])).toEqual([{ state: "complete" }]);
    expect((await open()).manifest.tables).toMatchObject([{ name: "a", columns: ["id", "t"] }]);
  });

  it("writeManifest() does not take a manifest that says something else, nor one whose object is gone", async () => {
    const chunk = await claimManifest(run);
    const dying = new Ledger(run.context.client);
    dying.finish = async () => { throw new Error("the worker died"); };
    await expect(writeManifest({ ...run.context, ledger: dying }, chunk)).rejects.toThrow("the worker died");
    const { manifest } = await openBackup(world.s3, run.runId);
    const details = manifest.objects.find(({ content }) => content === TABLES_CONTENT);
    await world.s3.deleteObject(run.context.objectPrefix + (details?.key ?? ""));
    await expect(writeManifest(run.context, { ...chunk, attempt: 2 })).rejects.toMatchObject({ code: "HF308" });
    expect(isSameSealed(manifest, { ...manifest, totals: { ...manifest.totals, rows: 1 } })).toBe(false);
  });

  it("exportData() finishes a claim whose objects were stored and never reported, under other names", async () => {
    const chunks = await claimKind(run, "data");
    const dying = new Ledger(run.context.client);
    dying.complete = async () => { throw new Error("the worker died"); };
    await expect(exportData({ ...run.context, ledger: dying }, chunks)).rejects.toThrow("the worker died");
    // The same claim once more, as after an error that gave the chunks back untried.
    await exportData(run.context, chunks);
    const [stored] = await world.sql<{ key: string }>("select object_key as key from backup.chunks where run_id = $1 and kind = 'data'", [run.runId]);
    expect(stored?.key).toMatch(/\/\d{6}-[0-9a-f]{8}\.copy\.gz\.age$/);
    expect(await world.keys(`${run.context.objectPrefix}data/`)).toHaveLength(2);
  });

  it("makeContext() gives every worker the recipients of the first, whatever is configured by then", async () => {
    const other = await makeAgeKey();
    const limits = { maxChunkBytes: 1, maxRowBytes: 1, maxRenderedFacts: 1 };
    const again = (recipients: () => string[]) => makeContext(run.context.client, world.s3, run.runId, "w2", run.context.snapshotId, limits, recipients);
    expect((await again(() => [other.recipient])).recipients).toEqual([key.recipient]);
    expect((await again(() => [])).recipients).toEqual([key.recipient]);
    expect((await again(() => { throw new Error("not asked"); })).recipients).toEqual([key.recipient]);
  });

  it("sealManifest() moves the details of the tables into an encrypted object and counts it", async () => {
    const table = { schema: "shop", name: "a", columns: ["id"], rows: 1, fingerprint: "0123456789abcdef", fingerprint_expression: "sql(id)", raw_bytes: 1, stored_bytes: 1, chunks: [] };
    const sealed = await sealManifest(run.context, manifestOf({ encryption: { format: "age", recipients: [key.recipient] }, tables: [table] }), 9);
    const text = JSON.stringify(sealed);
    for (const word of ["columns", "fingerprint", "sql(id)"]) expect(text).not.toContain(word);
    const parsed = parseManifest(new TextEncoder().encode(text));
    expect(parsed.objects).toEqual([{ content: TABLES_CONTENT, key: "tables~9.json.gz.age", sha256: expect.any(String), bytes: expect.any(Number) }]);
    expect(parsed.totals).toMatchObject({ objects: 1, stored_bytes: parsed.objects[0]?.bytes });
    expect(isSameSealed(parsed, { ...parsed, objects: parsed.objects.map((one) => ({ ...one, key: "x", sha256: "0".repeat(64) })) })).toBe(true);
  });
});
