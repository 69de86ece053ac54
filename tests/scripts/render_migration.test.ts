import { describe, expect, it } from "vitest";
import { renderMigration } from "../../scripts/render_migration.ts";

describe("renderMigration()", () => {
  it("renderMigration() marks each file with its source and turns body checks off first", () => {
    const text = renderMigration([{ path: "schema.sql", text: "\ncreate schema backup;\n\n" }]);
    expect(text).toContain("\n-- sql/schema.sql\ncreate schema backup;\n");
    expect(text.indexOf("set check_function_bodies = off;")).toBeLessThan(text.indexOf("create schema"));
  });

  it("renderMigration() names a build that changes with what the files say and not with their order", () => {
    const files = [{ path: "a.sql", text: "select 1;" }, { path: "b.sql", text: "select 2;" }];
    const build = (...of: typeof files) => /Build ([0-9a-f]{12})\./.exec(renderMigration(of))?.[1];
    expect(build(...files)).toBeDefined();
    expect(build(...files.toReversed())).toBe(build(...files));
    expect(build({ path: "a.sql", text: "select 3;" }, ...files.slice(1))).not.toBe(build(...files));
    expect(build({ path: "c.sql", text: "select 1;" }, ...files.slice(1))).not.toBe(build(...files));
  });
});
