import { expect, it } from "vitest";
import { onOneLine } from "../../cli/on_one_line.ts";

it("onOneLine() leaves no control character, one blank for those in a row", () => {
  expect(onOneLine("public.a\r\nb\u001b[2J\u0085ü")).toBe("public.a b [2J ü");
});
