import { Decrypter } from "age-encryption";
import { beforeAll, describe, expect, it } from "vitest";
import { encryptBytes, encryptionCost } from "../../../../functions/_shared/encryption/encrypt_bytes.ts";
import { type AgeKey, makeAgeKey } from "../../../support/age_keys.ts";

describe("encryptBytes()", () => {
  let keys: AgeKey[];
  beforeAll(async () => {
    keys = await Promise.all([makeAgeKey(), makeAgeKey()]);
  });

  it("encryptBytes() encrypts to every recipient, each time with other bytes", async () => {
    const rows = Buffer.from("row 1\n".repeat(1000));
    const recipients = keys.map(({ recipient }) => recipient);
    const encrypted = await encryptBytes(rows, recipients);
    for (const { identity } of keys) {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      expect(Buffer.from(await decrypter.decrypt(encrypted))).toEqual(rows);
    }
    expect(await encryptBytes(rows, recipients)).not.toEqual(encrypted);
  });

  it("encryptBytes() refuses to encrypt to nobody", async () => {
    await expect(encryptBytes(new Uint8Array(1), [])).rejects.toThrow("nobody");
  });
});

describe("encryptionCost()", () => {
  it("encryptionCost() counts many small objects as well as large ones", () => {
    expect(encryptionCost(1, 10_000_000)).toBeGreaterThan(5_000_000);
    expect(encryptionCost(100, 0)).toBeGreaterThan(5_000_000);
    expect(encryptionCost(0, 0)).toBe(0);
  });
});
