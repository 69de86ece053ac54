import { describe, expect, it } from "vitest";
import { escapeCell, formatBytes, formatCount, formatDuration, formatTable, formatTime } from "../../../../functions/_shared/report/format_quantity.ts";

describe("formatDuration()", () => {
  it.each([[0, "0 s"], [0.0004, "1 ms"], [0.25, "250 ms"], [1, "1 s"], [59.6, "1 min"], [61, "1 min 1 s"], [3600, "1 h"], [3605, "1 h"], [12_000, "3 h 20 min"], [90_061, "1 d 1 h"]])(
    "formatDuration(%d) is %s", (seconds, expected) => expect(formatDuration(seconds)).toBe(expected));
});
describe("formatBytes()", () => {
  it.each([[0, "0 B"], [1023, "1023 B"], [1024, "1.0 KiB"], [12.3 * 2 ** 20, "12.3 MiB"], [2 ** 50, "1.0 PiB"], [2 ** 62, "4096.0 PiB"]])(
    "formatBytes(%d) is %s", (bytes, expected) => expect(formatBytes(bytes)).toBe(expected));
});
it("formatTime() is in UTC, to the second", () => expect(formatTime("2026-01-01T03:03:04.999+01:00")).toBe("2026-01-01 02:03:04 UTC"));
it("formatCount() separates thousands the same in every locale", () => expect(formatCount(1234567)).toBe("1,234,567"));
it("escapeCell() keeps any name inside its cell", () => {
  expect(escapeCell('a|b\\|c\n\r <img src=x>')).toBe("a\\|b\\\\\\|c &lt;img src=x&gt;");
});
describe("formatTable()", () => {
  it("formatTable() is empty without rows", () => expect(formatTable(["a"], [])).toBe(""));
  it("formatTable() draws header, line and rows", () => expect(formatTable(["a", "b"], [["1", "2"]])).toBe("| a | b |\n| --- | --- |\n| 1 | 2 |"));
});
