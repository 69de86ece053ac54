import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addIdentityOption, IDENTITY_VARIABLE, readIdentities } from "../../cli/read_identities.ts";
import { type AgeKey, makeAgeKey } from "../support/age_keys.ts";

describe("readIdentities()", () => {
  let keys: [AgeKey, AgeKey];
  const dir = mkdtempSync(join(tmpdir(), "holdfast-identities-"));
  const file = (name: string) => join(dir, name);
  beforeAll(async () => {
    keys = [await makeAgeKey(), await makeAgeKey()];
    keys.forEach((key, at) => writeFileSync(file(`${at}.txt`), key.file));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it("readIdentities() reads the files that are named, else the one of the environment, else none", async () => {
    expect((await readIdentities([file("0.txt"), file("1.txt")], {}))?.recipients).toEqual(keys.map(({ recipient }) => recipient));
    expect((await readIdentities([file("0.txt")], { [IDENTITY_VARIABLE]: file("1.txt") }))?.recipients).toEqual([keys[0].recipient]);
    expect((await readIdentities([], { [IDENTITY_VARIABLE]: file("1.txt") }))?.recipients).toEqual([keys[1].recipient]);
    expect(await readIdentities([], {})).toBeNull();
  });

  it("readIdentities() refuses an identity in place of its file, and does not repeat it", async () => {
    for (const text of [keys[0].identity, keys[0].identity.toLowerCase(), ` ${keys[0].file}`]) {
      const error: Error = await readIdentities([text], {}).then(() => expect.fail("accepted"), (thrown: Error) => thrown);
      expect(error).toMatchObject({ code: "HF703", message: expect.stringContaining("instead of the name of its file") });
      expect(`${JSON.stringify(error)}${error.stack}`.toUpperCase()).not.toContain(keys[0].identity.slice(20, 40));
    }
  });

  it("readIdentities() names a file that is missing, cannot be read, or holds something else with HF703", async () => {
    await expect(readIdentities([file("none.txt")], {})).rejects.toMatchObject({ code: "HF703", message: expect.stringContaining("does not exist") });
    await expect(readIdentities([dir], {})).rejects.toMatchObject({ code: "HF703", message: expect.stringContaining("cannot be read") });
    writeFileSync(file("locked"), "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n");
    await expect(readIdentities([file("locked")], {})).rejects.toMatchObject({ code: "HF703", message: expect.stringMatching(/locked.*passphrase/), hint: expect.stringContaining("age -d") });
  });

  it("addIdentityOption() gathers every --identity", () => {
    const command = addIdentityOption(new Command("x").exitOverride());
    command.parse(["--identity", "a", "--identity", "b"], { from: "user" });
    expect(command.opts()).toEqual({ identity: ["a", "b"] });
  });
});
