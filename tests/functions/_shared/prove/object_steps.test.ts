import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import type { Manifest, ManifestTable } from "../../../../functions/_shared/export/manifest.ts";
import { objectSteps } from "../../../../functions/_shared/prove/object_steps.ts";
import { type ProofStep, type ProveContext, runStep } from "../../../../functions/_shared/prove/proof_step.ts";
import type { Backup } from "../../../../functions/_shared/restore/backup_source.ts";
import { openRestoreState } from "../../../../functions/_shared/restore/restore_state.ts";
import { sha256Hex } from "../../../../functions/_shared/s3/sha256_hex.ts";
import { targetInfo } from "../../../support/facts.ts";
import { manifestOf, type MemoryStorage, memoryStorage, store, storeManifest, text } from "../../../support/memory_backup.ts";
import { createRestoreTarget, type RestoreTarget } from "../../../support/restore_world.ts";

const PREFIX = "holdfast/clinic/runs/20261123T205500Z-a1b2c3/";

let target: RestoreTarget;
let client: Client;
beforeAll(async () => {
  target = await createRestoreTarget();
  client = target.client;
});
afterAll(() => target.close());

let storage: MemoryStorage;
let manifest: Manifest;
let backup: Backup;

async function table(name: string, texts: string[]): Promise<ManifestTable> {
  const chunks = [];
  for (const [index, one] of texts.entries()) {
    const { key, sha256, bytes } = await store(storage, PREFIX, `data/public.${name}/${index}.copy.gz`, one);
    chunks.push({ key, sha256, bytes, raw_bytes: one.length, rows: one.split("\n").length - 1, first_tid: "(0,0)", end_tid: null });
  }
  return { schema: "public", name, columns: ["a"], fingerprint: "0".repeat(16), fingerprint_expression: "1", rows: chunks.reduce((sum, one) => sum + one.rows, 0),
    raw_bytes: texts.join("").length, stored_bytes: chunks.reduce((sum, one) => sum + one.bytes, 0), chunks };
}

/** The manifest as it is, or as somebody edited it before the backup was opened. */
async function open(edit: (manifest: Manifest) => void = () => undefined): Promise<Backup> {
  edit(manifest);
  const bytes = storage.objects.get(storeManifest(storage, manifest)) ?? new Uint8Array();
  return { s3: storage, prefix: PREFIX, manifest, manifestSha256: await sha256Hex(bytes) };
}

beforeEach(async () => {
  await client.query("drop schema if exists holdfast_restore cascade");
  storage = memoryStorage();
  const tables = [await table("a", ["1\n2\n", "3\n"]), await table("B", ["4\n"]), await table("empty", [])];
  const objects = [await store(storage, PREFIX, "schema.json.gz", "{}"), await store(storage, PREFIX, "globals.json.gz", "{}")];
  const sum = (values: readonly { bytes: number }[]) => values.reduce((total, one) => total + one.bytes, 0);
  manifest = manifestOf({ tables, objects, totals: { tables: 3, rows: 4, objects: 2, raw_bytes: 8, stored_bytes: sum(objects) + sum(tables.flatMap((one) => one.chunks ?? [])) } });
  backup = await open();
});

const contextOf = (change: Partial<ProveContext> = {}): ProveContext =>
  ({ backup, target: targetInfo(), tables: backup.manifest.tables, leftOut: [], options: { only: null, dataOnly: false, schemaOnly: false }, ...change });
const steps = (change: Partial<ProveContext> = {}) => objectSteps(client, contextOf(change));
async function findings(all: readonly ProofStep[]): Promise<{ subject: string; verdict: string; actual: string | null }[]> {
  const found = [];
  for (const one of all) found.push(...(await runStep(client, one)).findings);
  expect(new Set(found.map((one) => one.check_name))).toEqual(new Set(["check_object_checksums"]));
  return found.map(({ subject, verdict, actual }) => ({ subject, verdict, actual }));
}
const failed = async (all: readonly ProofStep[]) => (await findings(all)).filter((one) => one.verdict !== "passed");
const flip = (key: string) => {
  const bytes = storage.objects.get(PREFIX + key) ?? new Uint8Array();
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
};
/** What a restore notes of the chunks it has loaded. */
async function recordLoaded(manifestSha256 = backup.manifestSha256): Promise<void> {
  await openRestoreState(client, { runId: manifest.run_id, manifestSha256, options: {} });
  for (const chunk of manifest.tables.flatMap((one) => one.chunks ?? [])) await client.query("insert into holdfast_restore.chunks values ($1, $2)", [chunk.key, chunk.rows]);
}

describe("objectSteps()", () => {
  it("objectSteps() reads every object back where no restore has noted what it loaded", async () => {
    const all = await steps();
    // A table without a chunk has no object.
    expect(all.map((one) => one.id)).toEqual(["objects", "objects:public.a", 'objects:public."B"']);
    expect(await findings(all)).toEqual([
      { subject: "manifest.json", verdict: "passed", actual: `sha256 ${backup.manifestSha256}` }, { subject: "objects that are not rows", verdict: "passed", actual: "2 objects with the recorded hash" },
      { subject: "public.a", verdict: "passed", actual: "2 objects with the recorded hash" }, { subject: 'public."B"', verdict: "passed", actual: "1 objects with the recorded hash" }]);
    expect(all.map((one) => one.weight)).toEqual([manifest.objects.reduce((sum, one) => sum + one.bytes, 0), manifest.tables[0]?.stored_bytes, manifest.tables[1]?.stored_bytes]);
  });

  it.each(["data/public.a/1.copy.gz", "data/public.B/0.copy.gz", "globals.json.gz"])("objectSteps() names object %s when a byte of it is another, it is cut, or missing", async (key) => {
    flip(key);
    expect(await failed(await steps())).toEqual([{ subject: key, verdict: "failed", actual: expect.stringMatching(/is damaged: Its SHA-256/) }]);
    storage.objects.set(PREFIX + key, (storage.objects.get(PREFIX + key) ?? new Uint8Array()).slice(0, -1));
    expect(await failed(await steps())).toEqual([{ subject: key, verdict: "failed", actual: expect.stringMatching(/is damaged: It has \d+ bytes/) }]);
    storage.objects.delete(PREFIX + key);
    expect(await failed(await steps())).toEqual([{ subject: key, verdict: "failed", actual: expect.stringContaining("is missing") }]);
  });

  it("objectSteps() names all damaged objects of a table, not only the first", async () => {
    flip("data/public.a/0.copy.gz");
    flip("data/public.a/1.copy.gz");
    expect((await failed(await steps())).map((one) => one.subject).sort()).toEqual(["data/public.a/0.copy.gz", "data/public.a/1.copy.gz"]);
  });

  it("objectSteps() does not take storage that is away for damage, nor for a look", async () => {
    const away = { ...storage, getObject: (key: string) => (key.endsWith("1.copy.gz") ? Promise.reject(new HoldfastError("HF203", "S3 is away")) : storage.getObject(key)) };
    backup = { ...backup, s3: away };
    const [, rows] = await steps();
    await expect(runStep(client, rows as ProofStep)).rejects.toMatchObject({ code: "HF203" });
  });

  it("objectSteps() looks at the tables that were restored, and without rows at what is not rows", async () => {
    expect((await steps({ tables: manifest.tables.slice(1, 2) })).map((one) => one.id)).toEqual(["objects", 'objects:public."B"']);
    await recordLoaded("f".repeat(64));
    flip("data/public.a/1.copy.gz");
    const all = await steps({ options: { only: null, dataOnly: false, schemaOnly: true } });
    expect(all.map((one) => one.id)).toEqual(["objects"]);
    expect(await failed(all)).toEqual([]);
  });

  it("objectSteps() reads the long list of a table's chunks, and names it when it is damaged or does not add up", async () => {
    const [first, ...others] = manifest.tables;
    const { chunks, ...outline } = first as ManifestTable;
    const list = await store(storage, PREFIX, "data/public.a/chunks.json.gz", JSON.stringify(chunks));
    backup = await open((one) => {
      one.tables = [{ ...outline, chunk_list: list }, ...others];
      one.totals.stored_bytes += list.bytes;
    });
    expect(await failed(await steps())).toEqual([]);
    // A list without rows is still a list that has to be there.
    expect((await steps({ tables: [{ ...outline, rows: 0, chunk_list: list }] })).map((one) => one.id)).toEqual(["objects", "objects:public.a"]);
    backup = await open((one) => void (one.tables[0] = { ...outline, rows: 99, chunk_list: list }));
    expect((await failed(await steps())).find((one) => one.subject === "public.a")).toMatchObject({ actual: expect.stringContaining("do not add up") });
    flip(list.key);
    expect((await failed(await steps())).find((one) => one.subject === "public.a")).toMatchObject({ actual: expect.stringContaining(`${list.key}" is damaged`) });
  });
});

describe("objectSteps() and the manifest", () => {
  const MANIFEST = "manifest.json";

  it("objectSteps() notices that the manifest is another one than was restored from", async () => {
    storage.objects.set(PREFIX + MANIFEST, text("{}"));
    expect(await failed(await steps())).toEqual([{ subject: MANIFEST, verdict: "failed", actual: `sha256 ${await sha256Hex(text("{}"))}` }]);
  });

  it("objectSteps() notices that the rows were loaded by another manifest", async () => {
    await recordLoaded("f".repeat(64));
    expect(await failed(await steps())).toEqual([{ subject: MANIFEST, verdict: "failed", actual: `the rows were loaded by a manifest with sha256 ${"f".repeat(64)}` }]);
  });

  it.each<[string, (manifest: Manifest) => void]>([
    ["rows of a table", (one) => void ((one.tables[1] as ManifestTable).rows += 1)], ["the sum of rows", (one) => void (one.totals.rows -= 1)], ["a table that was cut out", (one) => void one.tables.pop()],
    ["raw bytes", (one) => void (one.totals.raw_bytes += 1)], ["stored bytes", (one) => void (one.totals.stored_bytes += 1)],
    ["an object that was cut out", (one) => void one.objects.pop()], ["a chunk that was cut out", (one) => void (one.tables[0] as ManifestTable).chunks?.pop()],
  ])("objectSteps() notices that a manifest does not agree with itself: %s", async (_what, edit) => {
    backup = await open(edit);
    expect((await failed(await steps({ tables: [] })))).toEqual([{ subject: MANIFEST, verdict: "failed", actual: "they are not: it was edited" }]);
  });
});

describe("objectSteps() after a restore", () => {
  it("objectSteps() believes what the restore has noted, and fetches nothing twice", async () => {
    await recordLoaded();
    const read: string[] = [];
    backup = { ...backup, s3: { ...storage, getObject: (key) => {
      read.push(key);
      return storage.getObject(key);
    } } };
    const all = await steps();
    expect(all.map((one) => one.id)).toEqual(["objects", "objects:loaded"]);
    expect((await findings(all)).at(-1)).toEqual({ subject: "rows", verdict: "passed", actual: "3 objects loaded after their hash was compared" });
    expect(read.filter((key) => key.includes("/data/"))).toEqual([]);
  });

  it("objectSteps() names a chunk that was not loaded, or with another number of rows", async () => {
    await recordLoaded();
    await client.query("delete from holdfast_restore.chunks where key like '%a/1.copy.gz'; update holdfast_restore.chunks set rows = 7 where key like '%B/0.copy.gz'");
    expect(await failed(await steps())).toEqual([
      { subject: "data/public.a/1.copy.gz", verdict: "failed", actual: "it was not loaded" }, { subject: "data/public.B/0.copy.gz", verdict: "failed", actual: "it was loaded with 7 rows" }]);
  });

  it("objectSteps() reads back what the restore has made no record of", async () => {
    await recordLoaded();
    await client.query("delete from holdfast_restore.restore");
    expect((await steps()).map((one) => one.id)).toEqual(["objects", "objects:public.a", 'objects:public."B"']);
  });
});
