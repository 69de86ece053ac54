import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { AgeIdentities } from "../../../../functions/_shared/encryption/age_identities.ts";
import { openObject } from "../../../../functions/_shared/restore/open_object.ts";
import { makeAgeKey } from "../../../support/age_keys.ts";
import { ROWS, sealedBackup } from "../../../support/sealed_backup.ts";

const KEY = "data/public.a/000003.copy.gz.age";

it("openObject() decrypts what ends in .age and leaves the rest as it is", async () => {
  const key = await makeAgeKey();
  const { backup, storage } = await sealedBackup([key]);
  const identities = await AgeIdentities.parse([{ name: "a", text: key.file }]);
  const stored = storage.objects.get(backup.prefix + KEY) ?? new Uint8Array();
  expect(gunzipSync(await openObject({ ...backup, identities }, KEY, stored)).toString()).toBe(ROWS);
  expect(await openObject(backup, "chunks/public.a.json.gz", stored)).toBe(stored);
});

it("openObject() names the object it has no identity for with HF701", async () => {
  const { backup } = await sealedBackup([await makeAgeKey()]);
  await expect(openObject(backup, KEY, new Uint8Array())).rejects.toMatchObject({ code: "HF701", message: expect.stringContaining(backup.prefix + KEY) });
});
