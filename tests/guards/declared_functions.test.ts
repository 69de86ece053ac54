import { describe, expect, it } from "vitest";
import { declaredFunctions } from "../support/declared_functions.ts";
import { REPOSITORY } from "../support/run_supabase.ts";
import { repositoryFiles } from "./rules/repository_files.ts";

describe("declaredFunctions()", () => {
  it("declaredFunctions() lists every folder that has an index.ts, so that none stays undeployed", () => {
    const entrypoints = repositoryFiles("functions").map(({ path }) => path).filter((path) => /^functions\/[^/]+\/index\.ts$/.test(path));
    expect(declaredFunctions(REPOSITORY).map(({ entrypoint }) => entrypoint).sort()).toEqual(entrypoints.sort());
  });

  it("declaredFunctions() leaves authentication to the functions, with one import map", () => {
    for (const declared of declaredFunctions(REPOSITORY)) {
      expect(declared, declared.slug).toMatchObject({
        entrypoint: `functions/${declared.slug}/index.ts`, importMap: "functions/deno.json", verifyJwt: false,
      });
    }
  });
});
