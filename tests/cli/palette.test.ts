import { expect, it } from "vitest";
import { createPalette } from "../../cli/palette.ts";

it("createPalette() colours where it is enabled and nowhere else", () => {
  expect(createPalette(true).bad("x")).toBe("\u001b[31mx\u001b[39m");
  for (const paint of Object.values(createPalette(false))) expect(paint("x")).toBe("x");
});
