import { expect, it } from "vitest";
import { formatColumns } from "../../cli/format_columns.ts";

it("formatColumns() lines up all columns but the last and leaves no blanks at the end", () => {
  expect(formatColumns([["a", "long", "x"], ["longer", "b", ""], ["c", "d", "a very long end"]])).toBe("a       long  x\nlonger  b\nc       d     a very long end");
  expect(formatColumns([])).toBe("");
});
