import { describe, expect, it } from "vitest";
import { enableWords } from "../../../../functions/_shared/restore/enable_words.ts";

describe("enableWords()", () => {
  it("enableWords() has words for each state, and none for what is disabled", () => {
    expect(["O", "A", "R", "D", undefined].map(enableWords)).toEqual(["enable", "enable always", "enable replica", undefined, undefined]);
  });
});
