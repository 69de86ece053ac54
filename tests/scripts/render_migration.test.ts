import { describe, expect, it } from "vitest";
import { renderMigration } from "../../scripts/render_migration.ts";

describe("renderMigration()", () => {
  it("renderMigration() marks each file with its source and turns body checks off first", () => {
    const text = renderMigration([{ path: "schema.sql", text: "\ncreate schema backup;\n\n" }]);
    expect(text).toContain("\n-- sql/schema.sql\ncreate schema backup;\n");
    expect(text.indexOf("set check_function_bodies = off;")).toBeLessThan(text.indexOf("create schema"));
  });
});
