import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import type { TestDatabase } from "../support/database.ts";
import { databaseAdvisors } from "../support/database_advisors.ts";
import { queryRows } from "../support/query_rows.ts";
import { lintSchemas, RULE_NAMES } from "../support/splinter.ts";
import type { Finding } from "../support/splinter.ts";

const OURS = ["backup", "backup_tests"];
const FIXTURE = readFileSync(join(import.meta.dirname, "../fixtures/lints/trips_every_rule.sql"), "utf8");

let migrated: TestDatabase;
let broken: TestDatabase;
beforeAll(async () => {
  migrated = await createTestDatabase({ migrated: true });
  broken = await createTestDatabase();
  await queryRows(broken.adminUrl, FIXTURE);
});
afterAll(async () => {
  await migrated.drop();
  await broken.drop();
});

describe("databaseAdvisors()", () => {
  it("databaseAdvisors() finds nothing in our schemas even exposed, but indexes a new database has not used", async () => {
    const advice = await databaseAdvisors(migrated.url, OURS);
    expect(advice.filter(({ name }) => name !== "unused_index").map(({ name, detail }) => `${name}: ${detail}`)).toEqual([]);
  });

  it("databaseAdvisors() reports each rule it has that a schema of ours can break", async () => {
    const names = new Set((await databaseAdvisors(broken.url, ["linted"])).map(({ name }) => name));
    expect([...names].sort()).toEqual([
      "auth_rls_initplan",
      "duplicate_index",
      "fkey_to_auth_unique",
      "function_search_path_mutable",
      "materialized_view_in_api",
      "multiple_permissive_policies",
      "no_primary_key",
      "policy_exists_rls_disabled",
      "rls_enabled_no_policy",
      "rls_policy_always_true",
      "rls_references_user_metadata",
      "unindexed_foreign_keys",
      "unsupported_reg_types",
      "unused_index",
    ]);
  });
});

describe("lintSchemas()", () => {
  it("lintSchemas() finds nothing in our schemas", async () => {
    expect(await lintSchemas(migrated.url, OURS)).toEqual([]);
  });

  it("lintSchemas() reports each of its rules on an object that breaks it", async () => {
    const findings = await lintSchemas(broken.url, ["linted"]);
    const expected: Finding[] = [
      { rule: "view_runs_as_owner", subject: "linted.definer_view" },
      { rule: "row_security_disabled", subject: "linted.rls_disabled" },
      { rule: "function_executable_by_public", subject: "linted.public_function()" },
      { rule: "security_definer_function_executable", subject: "linted.definer()" },
      { rule: "relation_readable_by_api_roles", subject: "linted.granted_table" },
      { rule: "schema_open_to_api_roles", subject: "linted" },
    ];
    expect(findings).toEqual(expect.arrayContaining(expected));
    expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(RULE_NAMES));
  });

  it("lintSchemas() accepts what is right beside what is wrong", async () => {
    const subjects = (await lintSchemas(broken.url, ["linted"])).map(({ subject }) => subject);
    expect(subjects).not.toContain("linted.parents");
    expect(subjects).not.toContain("linted.open_search_path()");
  });
});
