import { describe, expect, it } from "vitest";
import { checkSqlFile } from "./rules/check_sql_file.ts";
import { checkSqlTests } from "./rules/check_sql_tests.ts";
import { repositoryFiles } from "./rules/repository_files.ts";

const GOOD_FUNCTION = `create or replace function backup.a(p_b text)
returns text language sql
set search_path = ''
as $$ select p_b $$;
comment on function backup.a(text) is 'Returns it.';
revoke all on function backup.a(text) from public;
`;
const GOOD_TABLE = `create table backup.a (a_id bigint primary key);
alter table backup.a enable row level security;
create policy service_role_reads on backup.a for select to service_role using (true);
comment on table backup.a is 'One row per a.';
`;
const GOOD_VIEW = `create view backup.a with (security_invoker = true) as select 1 as one;
comment on view backup.a is 'One.';
`;

const withoutLine = (text: string, start: string) => text.split("\n").filter((line) => !line.startsWith(start)).join("\n");

describe("checkSqlFile()", () => {
  it("checkSqlFile() finds nothing in this repository", () => {
    const files = repositoryFiles("sql");
    expect(files.length).toBeGreaterThan(20);
    expect(files.flatMap(checkSqlFile)).toEqual([]);
  });

  it.each([
    ["sql/functions/a.sql", GOOD_FUNCTION, ["create or replace", "set search_path", "comment on", "revoke all"]],
    ["sql/tables/a.sql", GOOD_TABLE, ["create table", "alter table", "create policy", "comment on"]],
    ["sql/views/a.sql", GOOD_VIEW, ["create view", "comment on"]],
    ["sql/types/a.sql", "comment on type backup.a is 'A.';\n", ["comment on"]],
  ])("checkSqlFile() notices each line that %s lacks", (path, text, lines) => {
    expect(checkSqlFile({ path, text })).toEqual([]);
    for (const line of lines) expect(checkSqlFile({ path, text: withoutLine(text, line) }), line).not.toEqual([]);
  });

  it("checkSqlFile() notices a second function without a comment and an object that is not called as its file", () => {
    const second = GOOD_FUNCTION.replaceAll("backup.a", "backup.b");
    expect(checkSqlFile({ path: "sql/functions/a.sql", text: GOOD_FUNCTION + withoutLine(second, "comment on") }))
      .toEqual(["sql/functions/a.sql: no comment on function backup.b"]);
    expect(checkSqlFile({ path: "sql/functions/a.sql", text: second })).toEqual(["sql/functions/a.sql: no create or replace function backup.a"]);
  });

  it("checkSqlFile() lets a pgTAP function name a search path, but not leave it open", () => {
    const path = "sql/pgtap/a.sql";
    expect(checkSqlFile({ path, text: GOOD_FUNCTION.replace("= ''", "= extensions") })).toEqual([]);
    expect(checkSqlFile({ path, text: withoutLine(GOOD_FUNCTION, "set search_path") })).toEqual([`${path}: no set search_path`]);
  });
});

describe("checkSqlTests()", () => {
  it("checkSqlTests() finds nothing in this repository", () => {
    expect(checkSqlTests(repositoryFiles("sql", "tests/sql"))).toEqual([]);
  });

  it("checkSqlTests() notices a missing side, and a table or view nobody tests", () => {
    const file = (path: string, text = "") => ({ path, text });
    expect(checkSqlTests([
      file("sql/functions/a.sql"), file("sql/functions/b.sql"), file("sql/tables/runs.sql"), file("sql/views/status.sql"),
      file("tests/sql/functions/a.test.sql", "select * from backup.runs"), file("tests/sql/functions/gone.test.sql"),
    ])).toEqual([
      "sql/functions/b.sql: no tests/sql/functions/b.test.sql",
      "sql/views/status.sql: no file below tests/sql names status",
      "tests/sql/functions/gone.test.sql: no sql/functions/gone.sql",
    ]);
  });
});
