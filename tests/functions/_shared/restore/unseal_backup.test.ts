import { beforeAll, describe, expect, it } from "vitest";
import { AgeIdentities } from "../../../../functions/_shared/encryption/age_identities.ts";
import { encryptBytes } from "../../../../functions/_shared/encryption/encrypt_bytes.ts";
import { unsealBackup } from "../../../../functions/_shared/restore/unseal_backup.ts";
import { type AgeKey, makeAgeKey } from "../../../support/age_keys.ts";
import { manifestOf, memoryBackup, memoryStorage } from "../../../support/memory_backup.ts";
import { sealedBackup } from "../../../support/sealed_backup.ts";
import { gzipSync } from "node:zlib";

describe("unsealBackup()", () => {
  let keys: [AgeKey, AgeKey];
  beforeAll(async () => {
    keys = [await makeAgeKey(), await makeAgeKey()];
  });
  const identities = (...given: AgeKey[]) => AgeIdentities.parse(given.map(({ file }, at) => ({ name: `file ${at}`, text: file })));

  it("unsealBackup() adds columns and fingerprints of the tables, and the identities that open the rest", async () => {
    const { backup } = await sealedBackup([keys[0]]);
    const opened = await unsealBackup(backup, await identities(keys[1], keys[0]));
    expect(opened.manifest.tables).toMatchObject([{ name: "a", rows: 2, columns: ["id", "name"], fingerprint: "0123456789abcdef", fingerprint_expression: "1" }]);
    expect(opened.identities?.recipients).toContain(keys[0].recipient);
    expect(backup.manifest.tables).toMatchObject([{ columns: [], fingerprint: "" }]);
  });

  it("unsealBackup() leaves a backup alone that is not encrypted", async () => {
    const plain = memoryBackup(memoryStorage(), manifestOf());
    expect([await unsealBackup(plain, null), await unsealBackup(plain, await identities(keys[0]))]).toEqual([plain, plain]);
  });

  it("unsealBackup() reads nothing before it throws HF701 without an identity and HF702 with others", async () => {
    const { backup, storage } = await sealedBackup([keys[0]]);
    storage.objects.clear();
    await expect(unsealBackup(backup, null)).rejects.toMatchObject({ code: "HF701", detail: expect.stringContaining(keys[0].recipient) });
    await expect(unsealBackup(backup, (await identities(keys[0])).only("age1nobody"))).rejects.toMatchObject({ code: "HF701" });
    await expect(unsealBackup(backup, await identities(keys[1]))).rejects.toMatchObject({ code: "HF702", detail: expect.stringContaining(keys[1].recipient) });
  });

  it.each([["no JSON", "rows"], ["no list", "{}"], ["a list without the table", "[]"]])("unsealBackup() throws HF501 for an object tables.json that is %s", async (_, text) => {
    const { backup, put } = await sealedBackup([keys[0]]);
    const stored = await put("tables.json.gz.age", await encryptBytes(gzipSync(text), [keys[0].recipient]));
    const objects = backup.manifest.objects.map((one) => (one.content === "tables.json" ? { ...one, ...stored } : one));
    await expect(unsealBackup({ ...backup, manifest: { ...backup.manifest, objects } }, await identities(keys[0]))).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining("tables.json") });
  });
});
