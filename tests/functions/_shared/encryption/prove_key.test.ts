import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { AgeIdentities } from "../../../../functions/_shared/encryption/age_identities.ts";
import { encryptBytes } from "../../../../functions/_shared/encryption/encrypt_bytes.ts";
import { proveKey } from "../../../../functions/_shared/encryption/prove_key.ts";
import { type AgeKey, makeAgeKey } from "../../../support/age_keys.ts";
import { manifestOf, memoryBackup, memoryStorage } from "../../../support/memory_backup.ts";
import { sealedBackup } from "../../../support/sealed_backup.ts";

describe("proveKey()", () => {
  let keys: [AgeKey, AgeKey, AgeKey];
  beforeAll(async () => {
    keys = [await makeAgeKey(), await makeAgeKey(), await makeAgeKey()];
  });
  const identities = (...given: AgeKey[]) => AgeIdentities.parse(given.map(({ file }, at) => ({ name: `file ${at}`, text: file })));

  it("proveKey() opens schema, tables and rows with each identity by itself", async () => {
    const { backup } = await sealedBackup([keys[0], keys[1]]);
    const proofs = await proveKey(backup, await identities(keys[0], keys[1], keys[2]));
    expect(proofs).toEqual([keys[0], keys[1]].map(({ recipient }) =>
      ({ run_id: backup.manifest.run_id, recipient, manifest_sha256: backup.manifestSha256, objects: 3, bytes: expect.any(Number) })));
  });

  it("proveKey() proves nothing of rows that are encrypted to somebody else, although the header lists the key", async () => {
    const rows = await encryptBytes(gzipSync("1\tone\n2\ttwo\n"), [keys[1].recipient]);
    const { backup } = await sealedBackup([keys[0]], { rows });
    await expect(proveKey(backup, await identities(keys[0]))).rejects.toMatchObject({ code: "HF702", message: expect.stringContaining("000003.copy.gz.age") });
  });

  it("proveKey() compares what it opened with the manifest", async () => {
    const { backup } = await sealedBackup([keys[0]], { rows: await encryptBytes(gzipSync("1\tone\n"), [keys[0].recipient]) });
    await expect(proveKey(backup, await identities(keys[0]))).rejects.toMatchObject({ code: "HF501" });
    const { backup: other, storage } = await sealedBackup([keys[0]]);
    storage.objects.delete(`${other.prefix}schema.json.gz.age`);
    await expect(proveKey(other, await identities(keys[0]))).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining("schema.json.gz.age") });
  });

  it("proveKey() throws HF704 for a backup that is not encrypted, HF701 and HF702 for a key that is not there or not its own", async () => {
    await expect(proveKey(memoryBackup(memoryStorage(), manifestOf()), await identities(keys[0]))).rejects.toMatchObject({ code: "HF704" });
    const { backup } = await sealedBackup([keys[0]]);
    await expect(proveKey(backup, null)).rejects.toMatchObject({ code: "HF701" });
    await expect(proveKey(backup, await identities(keys[2]))).rejects.toMatchObject({ code: "HF702" });
  });
});
