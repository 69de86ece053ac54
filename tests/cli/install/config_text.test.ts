import { describe, expect, it } from "vitest";
import { addTables, removeTable, setKeys } from "../../../cli/install/config_text.ts";

const SETTINGS = { entrypoint: "./holdfast/one/index.ts", import_map: "./holdfast/deno.json", verify_jwt: false };
const TABLE = '[functions.one]\nentrypoint = "./holdfast/one/index.ts"\nimport_map = "./holdfast/deno.json"\nverify_jwt = false\n';
const one = new Map([["one", SETTINGS]]);

describe("addTables()", () => {
  it("addTables() appends between two comments, below an empty line, and keeps every byte before", () => {
    const text = addTables("a = 1 # why\n", one);
    expect(text).toMatch(/^a = 1 # why\n\n# >>> Holdfast: .*\n\[functions\.one\]\n/);
    expect(text).toContain(`${TABLE}# <<< Holdfast\n`);
  });
  it("addTables() ends a last line that was not, and uses the line ends of the text", () => {
    expect(addTables("a = 1", one)).toMatch(/^a = 1\n\n# >>>/);
    const crlf = addTables("a = 1\r\nb = 2\r\n", one);
    expect(crlf.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  });
  it("addTables() puts later ones into the same place", () => {
    const text = addTables(addTables("", one) + "[user]\n", new Map([["two", SETTINGS]]));
    expect(text.match(/# >>>/g)).toHaveLength(1);
    expect(text).toMatch(/^# >>> [^\n]+\n\[functions\.two\]\n[^[]+\n\n\[functions\.one\]\n[^[]+# <<< Holdfast\n\[user\]\n$/);
  });
  it("addTables() changes nothing when there is nothing to add", () => expect(addTables("a = 1", new Map())).toBe("a = 1"));
});

describe("setKeys()", () => {
  it.each(["[functions.one]", '[functions."one"]', "[ functions . 'one' ] # mine"])("setKeys() replaces and adds lines below %s alone", (header) => {
    const text = `[functions.on]\nverify_jwt = 1\n${header}\n  verify_jwt=true # why\nenabled = false\n[functions.one2]\nverify_jwt = 1\n`;
    expect(setKeys(text, "one", { verify_jwt: false, import_map: "m" })).toBe(
      `[functions.on]\nverify_jwt = 1\n${header}\nimport_map = "m"\nverify_jwt = false\nenabled = false\n[functions.one2]\nverify_jwt = 1\n`);
  });
  it("setKeys() keeps CRLF, and copes with a header that ends the file", () => {
    expect(setKeys("[functions.one]\r\nverify_jwt = true\r\n", "one", { verify_jwt: false })).toBe("[functions.one]\r\nverify_jwt = false\r\n");
    expect(setKeys("[functions.one]", "one", { verify_jwt: false })).toBe("[functions.one]\nverify_jwt = false\n");
  });
  it("setKeys() changes nothing when there is no such table", () => expect(setKeys("a = 1", "one", { verify_jwt: false })).toBe("a = 1"));
});

describe("removeTable()", () => {
  it("removeTable() takes the table and the empty lines after it, and leaves comments that follow", () => {
    expect(removeTable(`a = 1\n\n${TABLE}\n\n# of b\n[b]\nc = 1\n`, "one")).toBe("a = 1\n\n# of b\n[b]\nc = 1\n");
    expect(removeTable(TABLE, "one")).toBe("");
    expect(removeTable("a = 1\n", "one")).toBe("a = 1\n");
  });
});
