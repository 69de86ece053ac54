import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { hasContent, readContent, readObject, unpack } from "../../../../functions/_shared/restore/read_object.ts";
import { FUNCTION_READS, mostStored } from "../../../../functions/_shared/restore/read_limits.ts";
import { sha256Hex } from "../../../../functions/_shared/s3/sha256_hex.ts";
import { manifestOf, memoryBackup, memoryStorage, store, text } from "../../../support/memory_backup.ts";

async function world() {
  const storage = memoryStorage();
  const ref = await store(storage, "holdfast/clinic/runs/20261123T205500Z-a1b2c3/", "schema.json.gz", "{\"ü\":1}");
  const backup = memoryBackup(storage, manifestOf({ objects: [ref] }));
  return { storage, ref, backup, key: backup.prefix + ref.key };
}

it("readObject() returns the stored bytes, readContent() the text in them", async () => {
  const { backup, ref, storage, key } = await world();
  expect(await readObject(backup, ref)).toEqual(storage.objects.get(key));
  expect(await readContent(backup, "schema.json")).toBe("{\"ü\":1}");
  expect([hasContent(backup, "schema.json"), hasContent(backup, "config.json")]).toEqual([true, false]);
});

it.each([
  ["missing", () => null],
  ["cut short", (bytes: Uint8Array) => bytes.slice(0, -1)],
  ["longer", (bytes: Uint8Array) => new Uint8Array([...bytes, 0])],
  ["changed in one bit", (bytes: Uint8Array) => bytes.map((byte, at) => (at === 12 ? byte ^ 1 : byte))],
  ["empty", () => new Uint8Array()],
])("readObject() throws HF501 naming an object that is %s", async (_, damage: (bytes: Uint8Array) => Uint8Array | null) => {
  const { backup, ref, storage, key } = await world();
  const damaged = damage(storage.objects.get(key) ?? new Uint8Array());
  if (damaged === null) storage.objects.delete(key);
  else storage.objects.set(key, new Uint8Array(damaged));
  await expect(readObject(backup, ref)).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining(key) });
});

it("readObject() throws HF501 for what the storage itself found damaged, and what else it says as it is", async () => {
  const { backup, ref, key } = await world();
  const failing = (code: "HF207" | "HF203") => ({ ...backup, s3: { ...backup.s3, getObject: () => Promise.reject(new HoldfastError(code, "no")) } });
  await expect(readObject(failing("HF207"), ref)).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining(key) });
  await expect(readObject(failing("HF203"), ref)).rejects.toMatchObject({ code: "HF203" });
});

it("readObject() asks for no more bytes than the manifest names", async () => {
  const { backup, ref } = await world();
  const asked: unknown[] = [];
  const s3 = { ...backup.s3, getObject: (key: string, options?: unknown) => {
    asked.push(options);
    return backup.s3.getObject(key);
  } };
  await readObject({ ...backup, s3 }, ref);
  expect(asked).toEqual([{ maxBytes: ref.bytes }]);
});

it("readContent() throws HF501 for a content the manifest does not name, and for bytes that are no gzip", async () => {
  const { backup, storage, ref, key } = await world();
  await expect(readContent(backup, "globals.json")).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining("globals.json") });
  const plain = text("no gzip");
  storage.objects.set(key, plain);
  const named = { ...ref, bytes: plain.length, sha256: await sha256Hex(plain) };
  await expect(readContent(memoryBackup(storage, manifestOf({ objects: [named] })), "schema.json")).rejects.toMatchObject({ code: "HF501" });
});

it("unpack() throws HF209 for more bytes than it may unpack, long before they fill the memory", async () => {
  const { backup, ref, key } = await world();
  const bytes = gzipSync(new Uint8Array(5_000_000));
  const limited = (contentBytes: number) => ({ ...backup, limits: { ...FUNCTION_READS, contentBytes } });
  expect(await unpack(limited(5_000_000), ref, bytes)).toHaveLength(5_000_000);
  await expect(unpack(limited(4_999_999), ref, bytes)).rejects.toMatchObject({ code: "HF209", message: expect.stringContaining(key), detail: "It unpacks to more than 4999999 bytes." });
});

it("unpack() has the limits of the command unless told otherwise", async () => {
  const { backup, ref } = await world();
  const part = gzipSync(new Uint8Array(50 * 1024 * 1024), { level: 1 });
  await expect(unpack(backup, ref, Buffer.concat(Array.from({ length: 11 }, () => part)))).rejects.toMatchObject({ code: "HF209" });
}, 30_000);

it("unpack() throws HF209 for text that parses to more than it is long", async () => {
  const { backup, ref, key } = await world();
  const bytes = gzipSync(`[${"[],".repeat(FUNCTION_READS.jsonValues)}[]]`);
  await expect(unpack({ ...backup, limits: FUNCTION_READS }, ref, bytes)).rejects.toMatchObject({ code: "HF209", message: expect.stringContaining(key) });
});

it("readObject() does not ask for an object that the manifest says is larger than any export stores", async () => {
  const { backup, ref } = await world();
  const limits = { ...FUNCTION_READS, chunkBytes: 1000 };
  const s3 = { ...backup.s3, getObject: () => Promise.reject(new Error("it was asked for")) };
  await expect(readObject({ ...backup, s3, limits }, { ...ref, bytes: mostStored(1000) + 1 })).rejects.toMatchObject({ code: "HF209", message: expect.stringContaining(ref.key) });
  await expect(readObject({ ...backup, s3, limits }, { ...ref, bytes: mostStored(1000) })).rejects.toThrow("it was asked for");
});

it("readObject() takes an object that is longer than the manifest says for a damaged one", async () => {
  const { backup, ref, storage, key } = await world();
  storage.objects.set(key, new Uint8Array(10_000));
  await expect(readObject(backup, ref)).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining(key) });
});
