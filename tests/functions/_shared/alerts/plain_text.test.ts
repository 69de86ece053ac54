import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainText } from "../../../../functions/_shared/alerts/plain_text.ts";
import { hostileText } from "../../../support/sample_event.ts";

describe("plainText()", () => {
  it("plainText() keeps ordinary text and makes one line of several", () => {
    expect(plainText("Größe: 5 € 😀", 50)).toBe("Größe: 5 € 😀");
    expect(plainText("  a\r\n\tb\u0000c\u2028d ", 50)).toBe("a b c d");
  });

  it("plainText() removes what turns text around or cannot be seen", () => {
    expect(plainText("a\u202eb\u2066c\u200bd\ufeffe\u001b[31mf\u0085g\ud83dh", 50)).toBe("a b c d e [31mf g h");
  });

  it("plainText() marks what it cuts, between characters", () => {
    expect(plainText("😀😀😀😀", 3)).toBe("😀😀…");
    expect(plainText("abc", 3)).toBe("abc");
  });

  it("plainText() gives one visible line of no more than so many characters, whatever it gets", () => {
    fc.assert(fc.property(hostileText, fc.integer({ min: 1, max: 200 }), (text, max) => {
      const plain = plainText(text, max);
      expect([...plain].length).toBeLessThanOrEqual(max);
      expect(plain).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
      expect(plain).toBe(plain.trim());
    }));
  });
});
