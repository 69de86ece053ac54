import type { StableId } from "@supabase/pg-delta/core";
import type { Action } from "@supabase/pg-delta/plan";
import { describe, expect, it } from "vitest";
import { grantSchemasFirst } from "../../../../functions/_shared/restore/grant_schemas_first.ts";
import { acl, schema, table } from "../../../support/facts.ts";

const action = (sql: string, produces: StableId[], consumes: StableId[] = []) => ({ sql, verb: "create", produces, destroys: [], consumes }) as unknown as Action;
const made = [action('CREATE SCHEMA "a"', [schema("a")]), action('CREATE SCHEMA "b"', [schema("b")]), action('CREATE TABLE "b"."t" ()', [table("t", "b")]), action('ALTER TABLE "b"."t" OWNER TO "anon"', [], [table("t", "b")])];
const sqlOf = (actions: readonly Action[]) => grantSchemasFirst(actions, "postgres").map(({ sql }) => sql);

describe("grantSchemasFirst()", () => {
  it("grantSchemasFirst() lets others into a schema as soon as it is made, in the order of the plan", () => {
    const grants = [action('REVOKE ALL ON SCHEMA "b" FROM "anon"', [], [schema("b")]), action('GRANT CREATE ON SCHEMA "b" TO "anon" WITH GRANT OPTION', [acl(schema("b"), "anon")])];
    expect(sqlOf([...made, ...grants])).toEqual([...made.slice(0, 2), ...grants, ...made.slice(2)].map(({ sql }) => sql));
  });

  it("grantSchemasFirst() begins with rights on a schema that is there", () => {
    const grant = action('GRANT CREATE ON SCHEMA "public" TO "anon"', [acl(schema("public"), "anon")]);
    expect(sqlOf([...made, grant])).toEqual([grant, ...made].map(({ sql }) => sql));
  });

  it("grantSchemasFirst() leaves the rights of the role of the restore and of anything else where they are", () => {
    const others = [action('REVOKE CREATE ON SCHEMA "b" FROM "postgres"', [acl(schema("b"), "postgres")]), action('GRANT SELECT ON TABLE "b"."t" TO "anon"', [acl(table("t", "b"), "anon")])];
    expect(sqlOf([...made, ...others])).toEqual([...made, ...others].map(({ sql }) => sql));
  });
});
