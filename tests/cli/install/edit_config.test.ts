import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { type ConfigRequest, editConfig } from "../../../cli/install/edit_config.ts";
import { samplePackage } from "../../support/sample_package.ts";

const { functions: wanted } = samplePackage();
const edit = (text: string, given: Partial<ConfigRequest> = {}) => editConfig(text, { wanted, recorded: new Map(), force: false, hasFolder: () => false, ...given });
const USERS = '# Ours\nproject_id = "shop" # keep\n\n[functions.hello]\nverify_jwt = false\n\n[auth]\nsite_url = "x"\nlast = """\n[functions.one]\n"""\n';
const installed = edit(USERS).text;

describe("editConfig()", () => {
  it("editConfig() adds the functions and leaves every byte, comment and table of the user's", () => {
    expect(installed.startsWith(USERS)).toBe(true);
    expect(parse(installed)).toEqual({ ...parse(USERS), functions: { hello: { verify_jwt: false }, ...Object.fromEntries(wanted) } });
  });
  it.each([["empty", ""], ["CRLF", USERS.replaceAll("\n", "\r\n")], ["a byte order mark", `\uFEFF${USERS}`], ["no last line end", USERS.trimEnd()], ["dotted keys", 'functions.hello.verify_jwt = false\n']])(
    "editConfig() edits once and finds nothing to do after: %s", (_, text) => {
      const first = edit(text);
      expect(first.text.startsWith(text)).toBe(true);
      expect(edit(first.text, { recorded: wanted })).toEqual({ text: first.text, kept: [], conflicts: [] });
      expect(edit(first.text), "without a record, as after a run that was stopped").toEqual({ text: first.text, kept: [], conflicts: [] });
    });
  it("editConfig() leaves keys of the user's in our tables", () => {
    const text = installed.replace("verify_jwt = false\n# <<<", "verify_jwt = false\nenabled = false\n# <<<");
    expect(text).not.toBe(installed);
    expect(edit(text, { recorded: wanted })).toEqual({ text, kept: [], conflicts: [] });
  });
  it("editConfig() adds a missing table to those that are there, moved and without our comments too", () => {
    const text = installed.replaceAll(/# (?:>>>|<<<).*\n/g, "").replace(/\[functions\.two\][^[#]*/, "");
    const { text: after } = edit(text, { recorded: wanted });
    expect(parse(after)).toEqual(parse(installed));
    expect(after.startsWith(text)).toBe(true);
  });
  it("editConfig() keeps what the user changed, as long as the package has not changed it", () => {
    const text = installed.replace(/(functions\.two\][^[]*)verify_jwt = false/, "$1verify_jwt = true");
    expect(edit(text, { recorded: wanted })).toEqual({ text, kept: ["two"], conflicts: [] });
    expect(edit(text, { recorded: wanted, force: true }).text).toBe(installed);
  });
  it("editConfig() follows the package in tables that are as they were installed, and calls the others conflicts", () => {
    const next = new Map([...wanted].map(([slug, settings]) => [slug, { ...settings, import_map: "./holdfast/map.json" }]));
    const followed = edit(installed, { wanted: next, recorded: wanted });
    expect(followed).toMatchObject({ kept: [], conflicts: [] });
    expect(followed.text).toBe(installed.replaceAll("deno.json", "map.json"));
    const text = installed.replace("./holdfast/two/index.ts", "./mine.ts");
    expect(edit(text, { wanted: next, recorded: wanted }).conflicts).toEqual(["two"]);
    expect(edit(text, { wanted: next, recorded: wanted, force: true }).text).toBe(followed.text);
  });
  it("editConfig() takes a function out that the package no longer has, unless it was changed", () => {
    const fewer = new Map([...wanted].slice(0, 1));
    const after = edit(installed, { wanted: fewer, recorded: wanted }).text;
    expect(parse(after)).toEqual({ ...parse(USERS), functions: { hello: { verify_jwt: false }, ...Object.fromEntries(fewer) } });
    const text = installed.replace("./holdfast/two/index.ts", "./mine.ts");
    expect(edit(text, { wanted: fewer, recorded: wanted })).toEqual({ text, kept: ["two"], conflicts: [] });
  });
  it("editConfig() refuses a function of the user's with one of our names, by name, with HF922", () => {
    const refused = (detail: string) => expect.objectContaining({ code: "HF922", message: "This project has a function two of its own", detail: expect.stringContaining(detail), hint: expect.stringContaining("Rename yours") });
    for (const force of [false, true]) {
      expect(() => edit('[functions.two]\nentrypoint = "./functions/two/index.ts"\n', { force })).toThrow(refused("[functions.two] in supabase/config.toml"));
      expect(() => edit("[functions.two]\nenabled = false\n", { force })).toThrow(refused("[functions.two]"));
      expect(() => edit("", { force, hasFolder: (slug) => slug === "two" })).toThrow(refused("supabase/functions/two"));
    }
  });
  it.each([
    ["no TOML", "a = \n"], ["a table twice", "[a]\n[a]\n"], ["functions on one line", "functions = { hello = { verify_jwt = false } }\n"], ["functions that are no table", "functions = 1\n"],
  ])("editConfig() refuses %s with HF921", (_, text) => expect(() => edit(text)).toThrow(expect.objectContaining({ code: "HF921" })));
  it("editConfig() says where the TOML is wrong without repeating the line, which may hold a secret", () => {
    expect(() => edit('a = 1\ntoken = hunter2\n')).toThrow(expect.objectContaining({ detail: "Line 2, column 9: invalid value." }));
  });
  it("editConfig() refuses with HF921 where only our keys cannot be changed", () => {
    const dotted = 'functions.two.entrypoint = "./holdfast/two/index.ts"\nfunctions.two.import_map = "old.json"\nfunctions.two.verify_jwt = false\n';
    expect(() => edit(dotted, { force: true })).toThrow(expect.objectContaining({ code: "HF921", detail: expect.stringContaining("two") }));
    const hidden = `# """\na = """\n[functions.two]\nverify_jwt = 1\n"""\n${installed.slice(USERS.length).replace("verify_jwt = false\n# <<<", "verify_jwt = true\n# <<<")}`;
    expect(() => edit(hidden, { force: true })).toThrow(expect.objectContaining({ code: "HF921" }));
  });
});
