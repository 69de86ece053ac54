import { beforeEach, describe, expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import type { Manifest } from "../../../../functions/_shared/export/manifest.ts";
import { findFrozen } from "../../../../functions/_shared/restore/find_frozen.ts";
import { manifestOf, memoryBackup, memoryStorage, store, storeManifest, text } from "../../../support/memory_backup.ts";

const SHA = "0".repeat(64);
const chunk = (key: string) => ({ key, sha256: SHA, bytes: 4, raw_bytes: 4, rows: 1, first_tid: "(0,0)", end_tid: null });
const table = (name: string, more: object): Manifest["tables"][number] =>
  ({ schema: "public", name, rows: 1, raw_bytes: 4, stored_bytes: 4, columns: ["a"], fingerprint: "0".repeat(16), fingerprint_expression: "1", ...more });

describe("findFrozen()", () => {
  const frozen = new Set<string>();
  let backup: ReturnType<typeof memoryBackup>;
  let probes = 0;
  beforeEach(async () => {
    frozen.clear();
    probes = 0;
    const storage = memoryStorage();
    const prefix = "holdfast/clinic/runs/20261123T205500Z-a1b2c3/";
    const list = await store(storage, prefix, "chunks/b.json.gz", JSON.stringify([chunk("data/b/1.copy.gz")]));
    const manifest = manifestOf({
      objects: ["schema.json", "schema.sql", "sequences.json"].map((content) => ({ content, key: `${content}.gz`, sha256: SHA, bytes: 4 })),
      tables: [table("a", { rows: 2, chunks: [chunk("data/a/1.copy.gz"), chunk("data/a/2.copy.gz")] }), table("b", { chunk_list: list })],
    });
    storeManifest(storage, manifest);
    for (const key of ["schema.json.gz", "schema.sql.gz", "sequences.json.gz", "data/a/1.copy.gz", "data/a/2.copy.gz", "data/a/2~1.copy.gz", "data/b/1.copy.gz"]) storage.objects.set(prefix + key, text("gzip"));
    const { getObject, listObjects } = storage;
    backup = memoryBackup({
      ...storage,
      getObject: (key, options) => {
        probes++;
        return frozen.has(key.slice(prefix.length)) ? Promise.reject(new HoldfastError("HF603", "archived")) : getObject(key, options);
      },
      async *listObjects(below) {
        for await (const one of listObjects(below)) yield frozen.has(one.key.slice(prefix.length)) ? { ...one, storageClass: "GLACIER" } : one;
      },
    }, manifest);
  });
  const found = async (tables = backup.manifest.tables, loaded?: ReadonlySet<string>) => (await findFrozen(backup, tables, loaded)).map(({ key }) => key.slice(backup.prefix.length));

  it("findFrozen() reads nothing where nothing is archived", async () => {
    expect([await found(), probes]).toEqual([[], 0]);
  });

  it("findFrozen() names what a restore of the chosen tables reads, and neither debris nor what is for people", async () => {
    for (const key of ["schema.json.gz", "schema.sql.gz", "data/a/1.copy.gz", "data/a/2.copy.gz", "data/a/2~1.copy.gz", "data/b/1.copy.gz"]) frozen.add(key);
    expect((await found()).sort()).toEqual(["data/a/1.copy.gz", "data/a/2.copy.gz", "data/b/1.copy.gz", "schema.json.gz"]);
    expect((await found(backup.manifest.tables.slice(1))).sort()).toEqual(["data/b/1.copy.gz", "schema.json.gz"]);
    expect(await found([])).toEqual(["schema.json.gz"]);
  });

  it("findFrozen() does not ask again for rows that are in the target", async () => {
    for (const key of ["data/a/1.copy.gz", "data/a/2.copy.gz"]) frozen.add(key);
    expect(await found(undefined, new Set(["data/a/1.copy.gz"]))).toEqual(["data/a/2.copy.gz"]);
  });
});
