import { describe, expect, it } from "vitest";
import { keyParts } from "../../../../functions/_shared/schema/key_parts.ts";

describe("keyParts()", () => {
  it("keyParts() reads schema and names, whatever is in them", () => {
    expect(keyParts('["Billing & Co", "a.\\"b\\"", "c"]')).toEqual(["Billing & Co", 'a."b"', "c"]);
    expect(keyParts('[null, "integer for sql"]')).toEqual([null, "integer for sql"]);
  });
});
