import { describe, expect, it } from "vitest";
import { checkModuleTests } from "./rules/check_module_tests.ts";
import { repositoryFiles } from "./rules/repository_files.ts";

/** Modules without a test file of their own, and why another test is the better one. */
const EXEMPT: Record<string, string> = {
  "cli/commands/restore.ts": "tests/e2e/restore restores into several servers, kills restores and continues them",
  "functions/_shared/drill/load_step.ts": "tests/e2e/drill performs whole drills under the limits of functions",
  "functions/_shared/drill/record_drill.ts": "tests/functions/_shared/drill/read_drill.test.ts writes drills with it that it reads",
  "functions/_shared/drill/restore_context_of.ts": "tests/e2e/drill performs whole drills under the limits of functions",
  "functions/_shared/drill/start_drill.ts": "tests/functions/_shared/drill/read_drill.test.ts writes drills with it that it reads",
  "functions/_shared/prove/install_holdfast.ts": "tests/e2e/proof holds the whole proof to damaged databases and buckets",
  "functions/_shared/prove/load_config.ts": "tests/e2e/proof holds the whole proof to damaged databases and buckets",
  "functions/_shared/prove/object_steps.ts": "tests/e2e/proof holds the whole proof to damaged databases and buckets",
  "functions/_shared/prove/plan_proof.ts": "tests/e2e/proof holds the whole proof to damaged databases and buckets",
  "functions/_shared/prove/probe_step.ts": "tests/e2e/proof holds the whole proof to damaged databases and buckets",
  "functions/_shared/prove/prove_restore.ts": "tests/e2e/proof holds the whole proof to damaged databases and buckets",
  "functions/_shared/prove/schema_step.ts": "tests/e2e/proof holds the whole proof to damaged databases and buckets",
  "functions/_shared/prove/sequence_step.ts": "tests/e2e/proof holds the whole proof to damaged databases and buckets",
  "functions/_shared/prove/sql_check_steps.ts": "tests/e2e/proof holds the whole proof to damaged databases and buckets",
  "functions/_shared/prove/table_steps.ts": "tests/e2e/proof holds the whole proof to damaged databases and buckets",
  "functions/_shared/prove/view_steps.ts": "tests/e2e/proof holds the whole proof to damaged databases and buckets",
  "functions/_shared/prove/with_holdfast.ts": "tests/e2e/proof holds the whole proof to damaged databases and buckets",
  "functions/_shared/restore/plan_restore.ts": "tests/e2e/restore restores into several servers, kills restores and continues them",
  "functions/_shared/restore/restore_backup.ts": "tests/e2e/restore restores into several servers, kills restores and continues them",
  "functions/_shared/schema/further_edges_sql.ts": "tests/functions/_shared/schema/extract_schema.test.ts reads the edges of a database made for it",
  "functions/_shared/schema/relation_id.ts": "tests/functions/_shared/schema/extract_schema.test.ts reads ids of every kind of relation",
  "scripts/bench/compare_with_pg_dump.ts": "measures and asserts nothing; its figures are read by people",
  "scripts/bench/compare_with_pg_restore.ts": "measures and asserts nothing; its figures are read by people",
  "scripts/bench/make_data.ts": "fills the database of a measurement",
  "scripts/bench/measure_functions.ts": "measures and asserts nothing; its figures are read by people",
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
