import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { isRecipient, parseRecipients, RECIPIENTS_VARIABLE } from "../../../../functions/_shared/encryption/parse_recipients.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { type AgeKey, makeAgeKey } from "../../../support/age_keys.ts";

describe("parseRecipients()", () => {
  let one: AgeKey;
  let two: AgeKey;
  beforeAll(async () => {
    [one, two] = await Promise.all([makeAgeKey(), makeAgeKey()]);
  });
  const parse = (text: string) => parseRecipients({ [RECIPIENTS_VARIABLE]: text });
  function refusal(text: string): HoldfastError {
    try {
      parse(text);
    } catch (error) {
      if (error instanceof HoldfastError) return error;
    }
    throw new Error("It was not refused");
  }

  it("parseRecipients() is empty where encryption is off", () => {
    expect([parseRecipients({}), parse(""), parse(" \n ")]).toEqual([[], [], []]);
  });

  it("parseRecipients() takes commas, line breaks, written line breaks, comments and repetitions", () => {
    const both = [one.recipient, two.recipient];
    for (const text of [both.join(","), both.join("\n"), both.join("\\n"), ` ${both.join(" , ")}, `, `# safe in Bern\r\n${both.join("\r\n")} # and Oslo`, [...both, one.recipient].join()]) {
      expect(parse(text), text).toEqual(both);
    }
  });

  it("parseRecipients() names a bad entry by its position and never repeats a private key", () => {
    const error = refusal(`${one.recipient},${two.identity}`);
    expect(error).toMatchObject({ code: "HF700", message: expect.stringContaining("Entry 2") });
    expect(error.message).toContain("private identity");
    const all = `${JSON.stringify(error)} ${error.stack}`;
    for (let at = 0; at + 12 <= two.identity.length; at++) if (at > 5) expect(all).not.toContain(two.identity.slice(at, at + 12));
    expect(refusal(two.identity.toLowerCase()).message).toContain("private identity");
  });

  it("parseRecipients() says of other keys that they are not supported, and of nonsense that it is none", () => {
    for (const text of ["age1pq1abc", "age1yubikey1qwerty", "age1tag1qqqq", "ssh-ed25519 AAAA"]) expect(refusal(text).message, text).toContain("not supported");
    for (const text of ["hello", one.recipient.slice(0, -1), `${one.recipient}q`, one.recipient.toUpperCase()]) expect(refusal(text), text).toMatchObject({ code: "HF700" });
    expect(refusal("hello").message).not.toContain("hello");
  });

  it("parseRecipients() takes a list of comments for a mistake, and too many entries too", async () => {
    expect(refusal("# none yet")).toMatchObject({ code: "HF700" });
    const many = await Promise.all(Array.from({ length: 17 }, makeAgeKey));
    expect(refusal(many.map(({ recipient }) => recipient).join()).message).toContain("17");
    expect(parse(many.slice(1).map(({ recipient }) => recipient).join())).toHaveLength(16);
  });

  it("isRecipient() finds every single mistyped letter", () => {
    const letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    fc.assert(fc.property(fc.integer({ min: 4, max: one.recipient.length - 1 }), fc.constantFrom(...letters), (at, letter) => {
      const changed = one.recipient.slice(0, at) + letter + one.recipient.slice(at + 1);
      expect(isRecipient(changed)).toBe(changed === one.recipient);
    }), { numRuns: 300 });
  });
});
