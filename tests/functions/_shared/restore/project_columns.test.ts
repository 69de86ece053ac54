import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { projectColumns } from "../../../../functions/_shared/restore/project_columns.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "utf8"));
const text = (projected: Uint8Array): string => Buffer.from(projected).toString("utf8");
/** A value as COPY writes it in text format. */
const escape = (value: string | null): string =>
  value === null ? "\\N" : value.replaceAll("\\", "\\\\").replaceAll("\t", "\\t").replaceAll("\n", "\\n").replaceAll("\r", "\\r");

describe("projectColumns()", () => {
  it("projectColumns() keeps the places asked for, whatever the values hold", () => {
    const value = fc.option(fc.string({ unit: fc.constantFrom("a", "\t", "\n", "\\", "N", "t", ".", "é", "🐘", "\r", " ") }), { nil: null });
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 6 }).chain((columns) => fc.record({
        rows: fc.array(fc.array(value, { minLength: columns, maxLength: columns })),
        places: fc.uniqueArray(fc.integer({ min: 0, max: columns - 1 }), { minLength: 1 }).map((all) => all.sort((a, b) => a - b)),
      })),
      ({ rows, places }) => {
        const lines = (all: (string | null)[][]): string => all.map((row) => `${row.map(escape).join("\t")}\n`).join("");
        const columns = rows[0]?.length ?? 1;
        expect(text(projectColumns(bytes(lines(rows)), columns, rows.length === 0 ? [0] : places)))
          .toBe(lines(rows.map((row) => places.map((place) => row[place] ?? null))));
      },
    ), { numRuns: 500 });
  });

  it("projectColumns() leaves to a value what a backslash is before, even a bare tab or newline", () => {
    expect(text(projectColumns(bytes("a\\\tb\tc\\\nd\te\n"), 3, [0, 2]))).toBe("a\\\tb\te\n");
  });

  it.each([
    ["too few values", "a\tb\n", 3], ["too many values", "a\tb\tc\td\n", 3], ["no end of the last row", "a\tb\tc\na\tb", 3], ["an end in an escape", "a\tb\tc\\", 3],
  ])("projectColumns() refuses a text with %s", (_what, copied, columns) => {
    expect(() => projectColumns(bytes(copied), columns, [0])).toThrow(RangeError);
  });
});
