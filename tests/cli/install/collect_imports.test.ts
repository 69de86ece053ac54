import { describe, expect, it } from "vitest";
import { collectImports } from "../../../cli/install/collect_imports.ts";
import { declaredFunctions } from "../../support/declared_functions.ts";
import { importClosure } from "../../support/import_closure.ts";
import { REPOSITORY } from "../../support/run_supabase.ts";
import { temporaryProject } from "../../support/temporary_project.ts";

describe("collectImports()", () => {
  it("collectImports() finds what a bundler finds, for every function", async () => {
    for (const { entrypoint } of declaredFunctions(REPOSITORY)) {
      expect(collectImports(REPOSITORY, entrypoint), entrypoint).toEqual(await importClosure(REPOSITORY, entrypoint));
    }
  });
  it("collectImports() follows imports for their effect, of types, dynamic ones, exports and circles, not packages", () => {
    const { root } = temporaryProject({
      "f/a.ts": 'import "./b.ts";\nimport type {\n  C,\n} from "../g/c.ts";\nimport { z } from "zod";\nawait import("./d.json");\n// import "./no.ts"\n',
      "f/b.ts": 'export * from "./a.ts";\n', "g/c.ts": "export type C = 1;\n", "f/d.json": "{}", "f/unused.ts": "",
    });
    expect(collectImports(root, "f/a.ts")).toEqual(["f/a.ts", "f/b.ts", "f/d.json", "g/c.ts"]);
  });
  it("collectImports() says which file is missing and who wants it", () => {
    const { root } = temporaryProject({ "f/a.ts": 'import "./b.ts";\n' });
    expect(() => collectImports(root, "f/a.ts")).toThrow("f/a.ts imports f/b.ts");
  });
});
