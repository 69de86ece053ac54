import { buildFactBase } from "@supabase/pg-delta/core";
import type { Client } from "pg";
import { describe, expect, it } from "vitest";
import { refuseFilledTables } from "../../../../functions/_shared/restore/refuse_filled_tables.ts";
import type { LeftOut } from "../../../../functions/_shared/restore/restore_context.ts";

const table = (schema: string, name: string) => ({ schema, name }) as Parameters<typeof refuseFilledTables>[1][number];
const there = buildFactBase([["public", "filled"], ["public", "empty"], ["supabase_migrations", "schema_migrations"]]
  .map(([schema = "", name = ""]) => ({ id: { kind: "table" as const, schema, name }, payload: {} })), [], "liveDb");
const asked: string[] = [];
const client = { query: (text: string) => {
  asked.push(text);
  return Promise.resolve({ rows: /filled|migrations/.test(text) ? [{}] : [] });
} } as unknown as Client;

describe("refuseFilledTables()", () => {
  it("refuseFilledTables() keeps empty tables and those that are still to be made, without asking for these", async () => {
    asked.length = 0;
    const tables = [table("public", "empty"), table("public", "new")];
    expect(await refuseFilledTables(client, tables, there, [])).toEqual(tables);
    expect(asked).toEqual(['select from only "public"."empty" limit 1']);
  });

  it("refuseFilledTables() refuses to mix rows, naming the tables, with HF502", async () => {
    await expect(refuseFilledTables(client, [table("public", "filled"), table("public", "empty")], there, [])).rejects.toMatchObject({ code: "HF502", detail: "public.filled" });
  });

  it("refuseFilledTables() leaves the list of migrations of the target as it is, and says so", async () => {
    const leftOut: LeftOut[] = [];
    expect(await refuseFilledTables(client, [table("supabase_migrations", "schema_migrations")], there, leftOut)).toEqual([]);
    expect(leftOut).toMatchObject([{ reason: "platform", subject: "rows of supabase_migrations.schema_migrations" }]);
  });
});
