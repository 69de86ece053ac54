import { describe, expect, it } from "vitest";
import { bytes, count, duration, time } from "../../../../../functions/_shared/report/page/quantities.ts";

describe("count()", () => {
  it("count() shows a number with the fact and the value it stands for", () => expect(count('a"b', 1234567).text).toBe('<data data-fact="a&quot;b" value="1234567">1,234,567</data>'));
  it("count() does not make a zero of what is unknown", () => expect(count("a", null).text).toContain("unknown"));
});

describe("bytes()", () => {
  it("bytes() shows a size", () => expect([bytes("a", 2048).text, bytes("a", null).text]).toEqual(['<data data-fact="a" value="2048">2.0 KiB</data>', expect.stringContaining("unknown")]));
});

describe("duration()", () => {
  it("duration() shows seconds, and none where a clock went back", () => expect([duration("a", 90).text, duration("a", -1).text, duration("a", null).text]).toEqual([
    '<data data-fact="a" value="90">1 min 30 s</data>', '<data data-fact="a" value="-1">0 s</data>', expect.stringContaining("unknown")]));
});

describe("time()", () => {
  it("time() shows UTC, whatever zone it came in", () => expect(time("a", "2026-11-22T02:00:05+01:00").text).toBe('<time data-fact="a" datetime="2026-11-22T01:00:05.000Z">2026-11-22 01:00 UTC</time>'));
});
