import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableKey } from "../../../../functions/_shared/export/build_manifest.ts";
import { targetColumns } from "../../../../functions/_shared/restore/target_columns.ts";
import { createRestoreTarget, type RestoreTarget } from "../../../support/restore_world.ts";

describe("targetColumns()", () => {
  let target: RestoreTarget;
  beforeAll(async () => {
    target = await createRestoreTarget({ sql: `
      create schema "odd S"; create table "odd S"."T.x" (id integer, gone integer, "Mixed" text, made text generated always as ('x') stored, extra text default 'd');
      alter table "odd S"."T.x" drop column gone; create table public.nothing (); create view public.a_view as select 1 as id;
      create table public.parted (id bigint generated always as identity, at date) partition by range (at)` });
  });
  afterAll(() => target.close());
  const of = async (schema: string, name: string, columns: string[]) => (await targetColumns(target.client, [{ schema, name, columns }])).get(tableKey(schema, name));

  it("targetColumns() names what both sides have, in the backup's order, and why the rest stays behind", async () => {
    expect(await of("odd S", "T.x", ["Mixed", "made", "gone", "id", "mixed"])).toEqual({
      columns: ["Mixed", "id"], places: [0, 3],
      leftOut: [{ column: "made", why: "the target computes it" }, { column: "gone", why: "the target's table has no such column" }, { column: "mixed", why: "the target's table has no such column" }],
    });
  });

  it("targetColumns() needs no projection where the target has every column, more of its own or not", async () => {
    expect(await of("odd S", "T.x", ["id", "Mixed"])).toEqual({ columns: ["id", "Mixed"], places: null, leftOut: [] });
    expect(await of("public", "nothing", [])).toEqual({ columns: [], places: null, leftOut: [] });
    expect(await of("public", "parted", ["at", "id"])).toMatchObject({ columns: ["at", "id"], places: null });
  });

  it("targetColumns() has no entry for what is missing or no table", async () => {
    expect(await targetColumns(target.client, [{ schema: "public", name: "a_view", columns: ["id"] }, { schema: "odd s", name: "T.x", columns: [] }])).toEqual(new Map());
    expect(await targetColumns(target.client, [])).toEqual(new Map());
  });
});
