import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DrillContext } from "../../../../functions/_shared/drill/drill_context.ts";
import { applyStep } from "../../../../functions/_shared/drill/apply_step.ts";
import type { ClaimedStep } from "../../../../functions/_shared/drill/drill_ledger.ts";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { closeClient } from "../../../../functions/_shared/database/close_client.ts";
import type { Client } from "pg";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

describe("applyStep()", () => {
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    client = await connect(database.url, { applicationName: "holdfast test" });
  });
  afterAll(async () => {
    await closeClient(client);
    await database.drop();
  });
  const action = (sql: string, kind: string, name: string) =>
    ({ sql, verb: "create", name, subject: { kind, schema: "a", name }, tables: [], constraintType: null, commitAfter: false, alone: false });
  const step = (kind: string, actions: unknown[]): ClaimedStep =>
    ({ step_no: 4, kind, phase: "schema_before", alone: false, payload: { actions }, claim_id: "c", attempt: 1 });
  const context = (): DrillContext => ({ scratch: async () => client }) as unknown as DrillContext;

  it("applyStep() runs a batch before the rows as one: all of it or nothing, naming what failed", async () => {
    const actions = [action("create schema a", "schema", "a"), action("create table a.t (id nothing)", "table", "t")];
    await expect(applyStep(context(), step("apply_before", actions))).rejects.toMatchObject({ code: "HF504", message: expect.stringContaining("t") });
    expect((await client.query("select from pg_namespace n where n.nspname = 'a'")).rows).toEqual([]);
    const outcome = await applyStep(context(), step("apply_before", [action("create schema a", "schema", "a"), action("create table a.t (id int)", "table", "t")]));
    expect(outcome).toEqual({ bytes: 40, result: { left_out: [] } });
    expect((await client.query("select current_setting('search_path') as path, current_setting('check_function_bodies') as bodies")).rows)
      .toEqual([{ path: '""', bodies: expect.any(String) }]);
  });

  it("applyStep() runs a batch after the rows statement by statement, so that an index that is built stays", async () => {
    await client.query("insert into a.t values (1), (1)");
    const actions = [action("create index t_id on a.t (id)", "index", "t_id"), action("create unique index t_no on a.t (id)", "index", "t_no")];
    await expect(applyStep(context(), step("apply_after", actions))).rejects.toMatchObject({ code: "HF504" });
    expect((await client.query("select to_regclass('a.t_id') is not null as built")).rows).toEqual([{ built: true }]);
  });

  it("applyStep() does not run what is no batch", async () => {
    await expect(applyStep(context(), step("apply_after", [{ sql: "select 1" }]))).rejects.toThrow();
  });
});
