import { describe, expect, it } from "vitest";
import { checkModuleTests } from "./rules/check_module_tests.ts";
import { repositoryFiles } from "./rules/repository_files.ts";

/** Modules without a test file of their own, and why another test is the better one. */
const EXEMPT: Record<string, string> = {
  "functions/_shared/schema/further_edges_sql.ts": "tests/functions/_shared/schema/extract_schema.test.ts reads the edges of a database made for it",
  "functions/_shared/schema/relation_id.ts": "tests/functions/_shared/schema/extract_schema.test.ts reads ids of every kind of relation",
  "scripts/bench/bundle_child.ts": "bundles the programs of a measurement",
  "scripts/bench/compare_with_pg_dump.ts": "measures and asserts nothing; its figures are read by people",
  "scripts/bench/compare_with_pg_restore.ts": "measures and asserts nothing; its figures are read by people",
  "scripts/bench/fill_ledger.ts": "tests/sql/ledger_plans.test.ts looks at how the ledger that it fills is read",
  "scripts/bench/make_data.ts": "fills the database of a measurement",
  "scripts/bench/measure_functions.ts": "measures and asserts nothing; its figures are read by people",
  "scripts/bench/measure_ledger.ts": "measures and asserts nothing; its figures are read by people",
  "scripts/bench/start_storage.ts": "starts the object storage of a measurement",
  "scripts/demo/explain.ts": "tests/e2e/demo.test.ts reads what it prints",
  "scripts/demo/run_export.ts": "tests/e2e/demo.test.ts follows a run with it",
  "scripts/demo/run_verification.ts": "tests/e2e/demo.test.ts follows a verification with it",
  "scripts/test/run_sql_tests.ts": "it is what runs the pgTAP suites of npm test",
};

const file = (path: string, text = "export function a() {}\n") => ({ path, text });

describe("checkModuleTests()", () => {
  it("checkModuleTests() finds nothing in this repository", () => {
    expect(checkModuleTests(repositoryFiles(), EXEMPT)).toEqual([]);
  });

  it.each(["export function a() {}", "export async function a() {}", "export class A {}", "export const a = (b: number) => b;", "export const a = async (b) => b;"])(
    "checkModuleTests() notices a module without a test: %s",
    (text) => expect(checkModuleTests([file("functions/_shared/a.ts", text)], {})).toEqual([
      "functions/_shared/a.ts: no tests/functions/_shared/a.test.ts",
    ]),
  );

  it("checkModuleTests() asks no test of types, constants and tests themselves", () => {
    expect(checkModuleTests([file("cli/a.ts", "export interface A {}\nexport const B = 1;\n"), file("tests/support/a.ts")], {})).toEqual([]);
  });

  it("checkModuleTests() accepts a mirrored test and notices an exemption that no longer holds", () => {
    const files = [file("stack/a.ts"), file("tests/stack/a.test.ts")];
    expect(checkModuleTests(files, {})).toEqual([]);
    expect(checkModuleTests(files, { "stack/a.ts": "no", "stack/b.ts": "gone" })).toEqual([
      "stack/a.ts: has a test, so it needs no exemption", "stack/b.ts: exempt but does not exist",
    ]);
  });
});
