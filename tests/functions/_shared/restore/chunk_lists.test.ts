import { expect, it } from "vitest";
import type { ManifestTable } from "../../../../functions/_shared/export/manifest.ts";
import { chunksOf } from "../../../../functions/_shared/restore/chunk_lists.ts";
import { manifestOf, memoryBackup, memoryStorage, store, text } from "../../../support/memory_backup.ts";

const chunk = (rows: number) => ({ key: `data/${rows}.copy.gz`, sha256: "0".repeat(64), bytes: 1, raw_bytes: 1, rows, first_tid: "(0,0)", end_tid: null });
const table = (rows: number, other: Partial<ManifestTable>): ManifestTable => ({
  schema: "public", name: "orders", columns: ["id"], rows, fingerprint: "0".repeat(16), fingerprint_expression: "0", raw_bytes: 0, stored_bytes: 0, ...other });

it("chunksOf() reads the chunks of the manifest and those of a list of its own", async () => {
  const storage = memoryStorage();
  const backup = memoryBackup(storage, manifestOf());
  expect(await chunksOf(backup, table(5, { chunks: [chunk(2), chunk(3)] }))).toHaveLength(2);
  const list = await store(storage, backup.prefix, "chunks/public.orders.json.gz", JSON.stringify([chunk(4), chunk(3)]));
  expect((await chunksOf(backup, table(7, { chunk_list: list }))).map((one) => one.rows)).toEqual([4, 3]);
});

it("chunksOf() throws HF501 when chunks were taken out of the manifest or its list", async () => {
  const storage = memoryStorage();
  const backup = memoryBackup(storage, manifestOf());
  await expect(chunksOf(backup, table(5, { chunks: [chunk(2)] }))).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining("public.orders") });
  const list = await store(storage, backup.prefix, "list.json.gz", "[{\"key\":\"../../x\"}]");
  await expect(chunksOf(backup, table(1, { chunk_list: list }))).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining("list.json.gz") });
  const broken = await store(storage, backup.prefix, "broken.json.gz", "[{");
  await expect(chunksOf(backup, table(1, { chunk_list: broken }))).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining("broken.json.gz") });
  storage.objects.set(`${backup.prefix}list.json.gz`, text("x"));
  await expect(chunksOf(backup, table(1, { chunk_list: list }))).rejects.toMatchObject({ code: "HF501" });
});
