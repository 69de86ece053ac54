import { describe, expect, it } from "vitest";
import { ERRORS } from "../../functions/_shared/errors/catalogue.ts";
import { checkErrorCodes } from "./rules/check_error_codes.ts";
import { repositoryFiles } from "./rules/repository_files.ts";

const CODES = Object.keys(ERRORS);

describe("checkErrorCodes()", () => {
  it("checkErrorCodes() finds only codes of the catalogue in this repository", () => {
    expect(checkErrorCodes(repositoryFiles(), new Set(CODES))).toEqual([]);
  });

  it("checkErrorCodes() notices a code the catalogue does not know, in SQL and in TypeScript", () => {
    for (const path of ["sql/functions/a.sql", "functions/_shared/a.ts"]) {
      expect(checkErrorCodes([{ path, text: "errcode = 'HF001'; errcode = 'HF999'" }], new Set(["HF001"])))
        .toEqual([`${path}: HF999 is not in the catalogue`]);
    }
  });
});
