import { describe, expect, it } from "vitest";
import { parseProof } from "../../../../functions/_shared/prove/proof.ts";
import { proofKey, storeProof } from "../../../../functions/_shared/prove/store_proof.ts";
import { manifestOf, memoryBackup, memoryStorage } from "../../../support/memory_backup.ts";
import { sampleProof } from "../../../support/sample_proof.ts";

describe("proofKey()", () => {
  it("proofKey() lies below the run, by the time the proof ended", () => expect(proofKey({ prefix: "p/runs/r/" }, sampleProof())).toBe("p/runs/r/proofs/20261124T010130000Z.json"));
});

describe("storeProof()", () => {
  it("storeProof() adds the proof to its restore point", async () => {
    const storage = memoryStorage();
    const key = await storeProof(memoryBackup(storage, manifestOf()), sampleProof());
    expect(key).toMatch(/\/runs\/20261123T205500Z-a1b2c3\/proofs\//);
    expect(parseProof(storage.objects.get(key ?? "") ?? new Uint8Array())).toEqual(sampleProof());
  });

  it("storeProof() stores none of a part, and refuses one of another backup", async () => {
    const storage = memoryStorage();
    const backup = memoryBackup(storage, manifestOf());
    expect(await storeProof(backup, sampleProof({ scope: "partial" }))).toBeNull();
    await expect(storeProof(backup, sampleProof({ manifest_sha256: "1".repeat(64) }))).rejects.toThrow("another backup");
    expect(storage.objects.size).toBe(0);
  });
});
