import { describe, expect, it } from "vitest";
import { checkSourceText } from "./rules/check_source_text.ts";
import { repositoryFiles } from "./rules/repository_files.ts";

const check = (path: string, text: string) => checkSourceText({ path, text });

describe("checkSourceText()", () => {
  it("checkSourceText() finds nothing in this repository", () => {
    const files = repositoryFiles();
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap(checkSourceText)).toEqual([]);
  });

  it("checkSourceText() notices a file that is too long, unless it is built", () => {
    expect(check("cli/a.ts", "let a;\n".repeat(301))).toEqual(["cli/a.ts: 301 lines, at most 300"]);
    expect(check("cli/a.ts", "let a;\n".repeat(300))).toEqual([]);
    expect(check("supabase/migrations/1_a.sql", "select 1;\n".repeat(301))).toEqual([]);
  });

  it.each(["issue" + " #12", "see .." + "/shared/x", "design" + ".md", "a sub" + "agent", "TO" + "DO: later", "-- FIX" + "ME"])(
    "checkSourceText() notices words of the outside world: %s",
    (words) => expect(check("docs/a.md", words)).toHaveLength(1),
  );

  it("checkSourceText() knows the directive of a TAP line from a note", () => {
    expect(check("sql/pgtap/a.sql", "select regexp_match(v_line, '# (SKIP|TO" + "DO)');")).toEqual([]);
  });

  it("checkSourceText() notices an import without .ts, static, for its effect, and dynamic", () => {
    expect(check("cli/a.ts", `import { b } from "./b";\nimport "./c.js";\nawait import${"("}"../d");\nexport { b } from "node:fs";\nconst x = 1;`)).toEqual([
      'cli/a.ts: imports "./b" without .ts', 'cli/a.ts: imports "./c.js" without .ts', 'cli/a.ts: imports "../d" without .ts',
    ]);
    expect(check("cli/a.ts", 'import {\n  b,\n} from "./b.ts";\nimport data from "./c.json" with { type: "json" };\nb(data);')).toEqual([]);
  });

  it("checkSourceText() notices a file that only re-exports", () => {
    const message = "cli/a.ts: only re-exports; import from where things are defined";
    expect(check("cli/a.ts", '// All of it.\nexport * from "./b.ts";\nexport {\n  type c,\n} from "./c.ts";\n')).toEqual([message]);
    expect(check("cli/a.ts", 'export * from "./b.ts";\nexport const d = 1;\n')).toEqual([]);
  });

  it("checkSourceText() notices the runtime in the engine, but not in comments or in its adapter", () => {
    for (const line of ['const a = Deno.env.get("A");', "process.exit(1);", 'import process from "node:process";']) {
      expect(check("functions/_shared/a.ts", line), line).toHaveLength(1);
      expect(check("functions/_shared/config/env.ts", line), line).toEqual([]);
      expect(check("stack/a.ts", line), line).toEqual([]);
    }
    expect(check("functions/_shared/a.ts", "// Deno.env is not here.\n/**\n * process.env neither.\n */\nsub.process.run();")).toEqual([]);
  });

  it("checkSourceText() notices two tests of one name", () => {
    const twice = 'it("a() works", () => {});\n  it("a() works", async () => {});\nit("b() works", () => {});';
    expect(check("tests/a.test.ts", twice)).toEqual(['tests/a.test.ts: two tests are called "a() works"']);
  });
});
