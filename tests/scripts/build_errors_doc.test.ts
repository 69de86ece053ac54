import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERRORS } from "../../functions/_shared/errors/catalogue.ts";
import { renderErrorsDoc } from "../../scripts/build_errors_doc.ts";
import { ERRORS_TEXT } from "../../scripts/errors_text.ts";

describe("renderErrorsDoc()", () => {
  it("renderErrorsDoc() builds docs/errors.md as it is on disk", () => {
    expect(readFileSync(join(import.meta.dirname, "../../docs/errors.md"), "utf8")).toBe(renderErrorsDoc());
  });

  it("renderErrorsDoc() explains every code of the catalogue once, and no other", () => {
    const explained = [...renderErrorsDoc().matchAll(/^### (HF\d{3}): (.+)$/gm)].map(([, code = "", title = ""]) => [code, title]);
    expect(explained).toEqual(Object.entries(ERRORS).sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, { title }]) => [code, title]));
    expect(Object.keys(ERRORS_TEXT).sort()).toEqual(Object.keys(ERRORS).sort());
  });
});
