import { expect, it } from "vitest";
import { DRILL_IDENTITY_VARIABLE, drillIdentities } from "../../../../functions/_shared/encryption/drill_identities.ts";
import { makeAgeKey } from "../../../support/age_keys.ts";

it("drillIdentities() is null unless somebody set the secret", async () => {
  expect([await drillIdentities({}), await drillIdentities({ [DRILL_IDENTITY_VARIABLE]: " " })]).toEqual([null, null]);
  const key = await makeAgeKey();
  expect((await drillIdentities({ [DRILL_IDENTITY_VARIABLE]: key.file.replaceAll("\n", "\\n") }))?.recipients).toEqual([key.recipient]);
});

it("drillIdentities() throws HF703 for what is no identity, without repeating it", async () => {
  const error: Error = await drillIdentities({ [DRILL_IDENTITY_VARIABLE]: "something private" }).then(() => expect.fail("accepted"), (thrown: Error) => thrown);
  expect(error).toMatchObject({ code: "HF703", message: expect.stringContaining(DRILL_IDENTITY_VARIABLE) });
  expect(error.message).not.toContain("private");
});
