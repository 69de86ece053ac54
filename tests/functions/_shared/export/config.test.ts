import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../functions/_shared/export/config.ts";

const CONFIG = { format: "holdfast-config", format_version: 1, tables: { settings: [{ id: true }] }, access_probes: [] };

describe("parseConfig()", () => {
  it("parseConfig() accepts a configuration, also with fields it does not know", () => {
    expect(parseConfig(JSON.stringify({ ...CONFIG, later: 1 }))).toEqual(CONFIG);
  });

  it.each([
    ["no JSON", "{", "config"],
    ["another format", JSON.stringify({ ...CONFIG, format: "x" }), "format"],
    ["a number that is no count", JSON.stringify({ ...CONFIG, access_probes: [{ name: "p", role: "r", schema: "s", table: "t", rows: "-1", error: null, looked: true }] }), "access_probes.0.rows"],
  ])("parseConfig() refuses %s with HF501", (_, text, field) => {
    expect(() => parseConfig(text)).toThrow(expect.objectContaining({ code: "HF501", detail: expect.stringContaining(field) }));
  });
});
