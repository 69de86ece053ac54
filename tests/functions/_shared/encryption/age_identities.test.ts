import { inspect } from "node:util";
import { armor, Encrypter } from "age-encryption";
import { beforeAll, describe, expect, it } from "vitest";
import { AgeIdentities } from "../../../../functions/_shared/encryption/age_identities.ts";
import { type AgeKey, makeAgeKey } from "../../../support/age_keys.ts";

describe("AgeIdentities", () => {
  let one: AgeKey;
  let two: AgeKey;
  beforeAll(async () => {
    [one, two] = await Promise.all([makeAgeKey(), makeAgeKey()]);
  });
  const parse = (text: string) => AgeIdentities.parse([{ name: "File key.txt", text }]);

  it("AgeIdentities.parse() reads files of age-keygen, several keys and several files", async () => {
    expect((await parse(one.file)).recipients).toEqual([one.recipient]);
    expect((await parse(`${one.file}\r\n${two.file}`)).recipients).toEqual([one.recipient, two.recipient]);
    const both = await AgeIdentities.parse([{ name: "a", text: one.file }, { name: "b", text: two.identity }]);
    expect(both.recipients).toEqual([one.recipient, two.recipient]);
    expect(both.only(two.recipient).recipients).toEqual([two.recipient]);
    expect(both.only("age1other").recipients).toEqual([]);
  });

  it("AgeIdentities shows its keys to nobody who did not ask for them", async () => {
    const identities = await parse(one.file);
    for (const text of [JSON.stringify({ identities }), inspect(identities, { depth: 9, showHidden: true }), String(identities)]) expect(text).not.toContain(one.identity.slice(16, 40));
    const taken: string[] = [];
    identities.reveal((secret) => taken.push(secret));
    expect(taken).toEqual([one.identity]);
  });

  it("AgeIdentities.parse() says what a file is instead, and never what is in it", async () => {
    const encrypter = new Encrypter();
    encrypter.setPassphrase("open sesame");
    encrypter.setScryptWorkFactor(8);
    const locked = await encrypter.encrypt(one.file);
    const cases: [string, string][] = [
      [armor.encode(locked), "passphrase"], [Buffer.from(locked).toString("utf8"), "passphrase"], ["", "holds no identity"], ["# public key: age1…\n", "holds no identity"],
      [one.recipient, "holds recipients"], ["AGE-PLUGIN-YUBIKEY-1QQQQ", "plugin"], ["-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "another kind"], ["secret-row", "no identity file"],
      [`${one.identity.slice(0, 30)}${one.identity[30] === "Q" ? "P" : "Q"}${one.identity.slice(31)}`, "damaged"], [one.identity.slice(0, -4), "damaged"],
    ];
    for (const [text, what] of cases) {
      const error: Error = await parse(text).then(() => expect.fail(`accepted: ${what}`), (thrown: Error) => thrown);
      expect(error, what).toMatchObject({ code: "HF703", message: expect.stringContaining(what) });
      expect(error.message).toContain("File key.txt");
      const shown = `${JSON.stringify(error)}${error.stack}${inspect(error, { depth: 9 })}`;
      expect(shown).not.toContain("secret-row");
      expect(shown).not.toContain(one.identity.slice(31, 50));
    }
  });
});
