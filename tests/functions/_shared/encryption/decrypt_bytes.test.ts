import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { AgeIdentities } from "../../../../functions/_shared/encryption/age_identities.ts";
import { decryptBytes } from "../../../../functions/_shared/encryption/decrypt_bytes.ts";
import { encryptBytes } from "../../../../functions/_shared/encryption/encrypt_bytes.ts";
import { type AgeKey, makeAgeKey } from "../../../support/age_keys.ts";

const CHUNK = 64 * 1024;
const KEY = "holdfast/p/runs/r/data/public.a/000001.copy.gz.age";

describe("decryptBytes()", () => {
  let one: AgeKey;
  let other: AgeKey;
  let identities: AgeIdentities;
  beforeAll(async () => {
    [one, other] = await Promise.all([makeAgeKey(), makeAgeKey()]);
    identities = await AgeIdentities.parse([{ name: "a", text: one.file }]);
  });
  const bytesOf = (size: number) => Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) & 255);

  it("decryptBytes() gives back what was encrypted, whatever its size, around the limits of the 64 KiB pieces of the format above all", async () => {
    const near = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -20, max: 20 })).map(([pieces, more]) => Math.max(0, pieces * CHUNK + more));
    await fc.assert(fc.asyncProperty(fc.oneof(near, fc.nat({ max: 300_000 })), async (size) => {
      const bytes = bytesOf(size);
      const encrypted = await encryptBytes(bytes, [other.recipient, one.recipient]);
      expect(Buffer.compare(await decryptBytes(encrypted, identities, KEY), bytes)).toBe(0);
    }), { numRuns: 40, examples: [[0], [1], [CHUNK - 1], [CHUNK], [CHUNK + 1], [2 * CHUNK], [2 * CHUNK + 1]] });
  }, 60_000);

  it("decryptBytes() names an object that was changed or cut anywhere with HF501, and returns nothing of it", async () => {
    const encrypted = await encryptBytes(bytesOf(2 * CHUNK + 100), [one.recipient]);
    const damage = fc.oneof(
      fc.nat({ max: encrypted.length - 1 }).map((at) => encrypted.map((byte, index) => (index === at ? byte ^ 1 : byte))),
      fc.nat({ max: encrypted.length - 1 }).map((length) => encrypted.slice(0, length)),
      fc.constant(Uint8Array.from([...encrypted, 0])),
    );
    const beyondHeader = encrypted.length - 2 * CHUNK - 100;
    await fc.assert(fc.asyncProperty(damage, async (damaged) => {
      const error = await decryptBytes(damaged, identities, KEY).then(() => null, (thrown: unknown) => thrown);
      // A header that is changed may name another recipient; that reads as an identity that does not fit.
      const first = damaged.findIndex((byte, at) => byte !== encrypted[at]);
      const codes = first >= 0 && first < beyondHeader ? ["HF501", "HF702"] : ["HF501"];
      expect(codes).toContain((error as { code?: string } | null)?.code);
      expect((error as Error).message).toContain(KEY);
    }), { numRuns: 60 });
  }, 60_000);

  it("decryptBytes() throws HF702 for an identity that is not a recipient, and for none", async () => {
    const encrypted = await encryptBytes(bytesOf(10), [other.recipient]);
    await expect(decryptBytes(encrypted, identities, KEY)).rejects.toMatchObject({ code: "HF702", message: expect.stringContaining(KEY), detail: expect.stringContaining(one.recipient) });
    await expect(decryptBytes(encrypted, identities.only("age1nobody"), KEY)).rejects.toMatchObject({ code: "HF702", detail: "Given: none." });
  });
});
