import { describe, expect, it } from "vitest";
import { describeUnexpected } from "../../../../functions/_shared/errors/describe_unexpected.ts";

describe("describeUnexpected()", () => {
  it("describeUnexpected() names kind, SQLSTATE and place but never the message, which may quote a row", () => {
    const error = Object.assign(new TypeError("Key (email)=(ada@example.org) already exists"), { code: "23505" });
    const text = describeUnexpected(error);
    expect(text).toMatch(/^TypeError 23505 at .*describe_unexpected\.test\.ts/);
    expect(text).not.toContain("ada@example.org");
    expect(text).not.toContain("\n");
  });

  it("describeUnexpected() keeps a message of several lines out, also one that looks like a stack frame only further on", () => {
    const text = describeUnexpected(new Error("first line\nsecond: secret-value\n  third secret-value"));
    expect(text).not.toContain("secret-value");
  });

  it("describeUnexpected() does not print what is thrown without being an error", () => {
    expect(describeUnexpected("secret-value")).toBe("string");
    expect(describeUnexpected({ password: "secret-value" })).toBe("object");
    expect(describeUnexpected(undefined)).toBe("undefined");
  });

  it("describeUnexpected() works without a stack", () => {
    const error = new Error("secret-value");
    delete error.stack;
    expect(describeUnexpected(error)).toBe("Error");
  });

  it("describeUnexpected() drops message lines that imitate a stack frame", () => {
    expect(describeUnexpected(new Error("value is\n    at secret-value"))).not.toContain("secret-value");
  });
});
