import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSqlFiles } from "../../scripts/read_sql_files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-sql-"));
  mkdirSync(join(folder, "tables"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("readSqlFiles()", () => {
  it("readSqlFiles() names files by their path below the folder", () => {
    writeFileSync(join(folder, "schema.sql"), "create schema backup;\n");
    writeFileSync(join(folder, "tables/runs.sql"), "select 1;\n");
    expect(readSqlFiles(folder).sort((a, b) => a.path.localeCompare(b.path))).toEqual([
      { path: "schema.sql", text: "create schema backup;\n" },
      { path: "tables/runs.sql", text: "select 1;\n" },
    ]);
  });

  it("readSqlFiles() rejects a file that is not SQL", () => {
    writeFileSync(join(folder, "tables/notes.md"), "x");
    expect(() => readSqlFiles(folder)).toThrow("sql/tables/notes.md is not an .sql file");
  });

  it("readSqlFiles() reads line ends of every system alike", () => {
    writeFileSync(join(folder, "schema.sql"), "create schema backup;\r\n");
    expect(readSqlFiles(folder)).toEqual([{ path: "schema.sql", text: "create schema backup;\n" }]);
  });
});
