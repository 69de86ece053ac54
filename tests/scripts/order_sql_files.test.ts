import { describe, expect, it } from "vitest";
import { orderSqlFiles } from "../../scripts/order_sql_files.ts";

const file = (path: string, text = "select 1;") => ({ path, text });
const order = (...files: { path: string; text: string }[]) => orderSqlFiles(files).map(({ path }) => path);

describe("orderSqlFiles()", () => {
  it("orderSqlFiles() loads kinds in order and paths alphabetically inside a kind", () => {
    expect(order(
      file("views/status.sql"), file("functions/b.sql"), file("functions/a.sql"), file("tables/runs.sql"),
      file("cron/install.sql"), file("types/verdict.sql"), file("pgtap/schema.sql"), file("schema.sql"),
    )).toEqual([
      "schema.sql", "types/verdict.sql", "tables/runs.sql", "functions/a.sql", "functions/b.sql", "views/status.sql",
      "cron/install.sql", "pgtap/schema.sql",
    ]);
  });

  it("orderSqlFiles() pulls a required file forward, across kinds and through another", () => {
    expect(order(
      file("functions/c.sql"),
      file("functions/b.sql", "-- why\n-- requires: functions/c.sql\nselect 1;"),
      file("tables/a.sql", "-- requires: functions/b.sql, tables/z.sql\nselect 1;"),
      file("tables/z.sql"),
    )).toEqual(["functions/c.sql", "functions/b.sql", "tables/z.sql", "tables/a.sql"]);
  });

  it("orderSqlFiles() reads requires only in the leading comment", () => {
    expect(order(file("tables/a.sql", "select 1;\n-- requires: tables/nowhere.sql"))).toEqual(["tables/a.sql"]);
  });

  it("orderSqlFiles() rejects files that require each other and names the circle", () => {
    expect(() => order(
      file("tables/a.sql", "-- requires: tables/b.sql"), file("tables/b.sql", "-- requires: tables/a.sql"),
    )).toThrow("sql files require each other: tables/a.sql -> tables/b.sql -> tables/a.sql");
  });

  it("orderSqlFiles() rejects a required file that does not exist", () => {
    expect(() => order(file("tables/a.sql", "-- requires: tables/b.sql")))
      .toThrow("sql/tables/a.sql requires sql/tables/b.sql, which does not exist");
  });

  it("orderSqlFiles() rejects a file outside the folders that are loaded", () => {
    for (const path of ["triggers/a.sql", "other.sql", "tables"]) {
      expect(() => order(file(path)), path).toThrow(`sql/${path} is in no folder that is loaded`);
    }
  });

  it("orderSqlFiles() keeps requires whatever the order inside a kind", () => {
    const files = [file("tables/a.sql"), file("tables/b.sql", "-- requires: tables/a.sql"), file("tables/c.sql")];
    const reversed = orderSqlFiles(files, (a, b) => (a < b ? 1 : -1)).map(({ path }) => path);
    expect(reversed).toEqual(["tables/c.sql", "tables/a.sql", "tables/b.sql"]);
  });
});
