import { describe, expect, it } from "vitest";
import { ERRORS, isErrorCode } from "../../../../functions/_shared/errors/catalogue.ts";

describe("isErrorCode()", () => {
  it("isErrorCode() knows every code of the catalogue", () => {
    expect(Object.keys(ERRORS).filter((code) => !isErrorCode(code))).toEqual([]);
  });

  it.each([undefined, null, 300, "HF999", "hf300", "", "toString", "__proto__", "constructor"])("isErrorCode() refuses %s", (value) => {
    expect(isErrorCode(value)).toBe(false);
  });
});

describe("ERRORS", () => {
  it("ERRORS has codes that fit a SQLSTATE, HTTP error statuses and exit codes of usage, of failure and of a verdict", () => {
    for (const [code, { http, exit, title }] of Object.entries(ERRORS)) {
      expect(code).toMatch(/^HF[0-9]{3}$/);
      expect(http).toBeGreaterThanOrEqual(400);
      expect(http).toBeLessThan(600);
      // 10: what was looked at is not as it should be. Only the proof of a restore ends in an error then.
      expect(code === "HF506" ? [10] : [2, 3]).toContain(exit);
      expect(title).toMatch(/^[A-Z].*[^.]$/);
    }
  });
});
