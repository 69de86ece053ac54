import { buildFactBase, type Fact } from "@supabase/pg-delta/core";
import { expect, it } from "vitest";
import type { ManifestTable } from "../../../../functions/_shared/export/manifest.ts";
import type { LeftOut } from "../../../../functions/_shared/restore/restore_context.ts";
import { isSelected, parseTableName, resolveSelection, selectTables } from "../../../../functions/_shared/restore/select_tables.ts";
import { manifestOf } from "../../../support/memory_backup.ts";

const table = (schema: string, name: string, raw_bytes = 1): ManifestTable => ({
  schema, name, columns: ["id"], rows: 1, fingerprint: "0".repeat(16), fingerprint_expression: "0", raw_bytes, stored_bytes: 1, chunks: [] });
const fact = (schema: string, name: string, parentTable: { schema: string; name: string } | null = null): Fact => ({
  id: { kind: "table", schema, name }, parent: { kind: "schema", name: schema }, payload: { parentTable } });
const SCHEMA = buildFactBase([
  ...["public", "My.Schema", "auth"].map((name): Fact => ({ id: { kind: "schema", name }, payload: {} })),
  fact("public", "orders"), fact("My.Schema", "a\"b"), fact("public", "parts"), fact("public", "parts 1", { schema: "public", name: "parts" }),
  fact("My.Schema", "parts 1a", { schema: "public", name: "parts 1" }), fact("auth", "users"),
], [], "snapshot");
const MANIFEST = manifestOf({ tables: [table("public", "orders"), table("My.Schema", "a\"b", 9), table("public", "parts 1", 3), table("My.Schema", "parts 1a"), table("auth", "schema_migrations"), table("auth", "users")] });

it.each([
  ["public.orders", { schema: "public", name: "orders" }],
  ['"My.Schema"."a""b"', { schema: "My.Schema", name: "a\"b" }],
  ["public.Größe x", { schema: "public", name: "Größe x" }],
])("parseTableName() reads %s", (text, name) => expect(parseTableName(text)).toEqual(name));

it.each(["orders", "a.b.c", "", ".", "public.", '"a.b', '"a"b.c'])("parseTableName() refuses '%s' with HF508", (text) => {
  expect(() => parseTableName(text)).toThrowError(expect.objectContaining({ code: "HF508" }));
});

it("resolveSelection() is null when nothing is asked for, and names what the backup does not have", () => {
  expect(resolveSelection(MANIFEST, SCHEMA, [], [])).toBeNull();
  expect(() => resolveSelection(MANIFEST, SCHEMA, ["public.nothing"], [])).toThrowError(expect.objectContaining({ code: "HF508", message: expect.stringContaining("public.nothing") }));
  expect(() => resolveSelection(MANIFEST, SCHEMA, [], ["nowhere"])).toThrowError(expect.objectContaining({ code: "HF508" }));
});

it("resolveSelection() takes the partitions of a table along, and theirs", () => {
  expect(resolveSelection(MANIFEST, SCHEMA, ["public.parts"], [])).toEqual([
    { schema: "public", name: "parts" }, { schema: "public", name: "parts 1" }, { schema: "My.Schema", name: "parts 1a" }]);
});

it("isSelected() knows tables by name and by schema", () => {
  const only = resolveSelection(MANIFEST, SCHEMA, ["public.orders"], ["My.Schema"]);
  expect([["public", "orders"], ["public", "parts"], ["My.Schema", "new"]].map(([schema = "", name = ""]) => isSelected(only, { schema, name }))).toEqual([true, false, true]);
});

it("selectTables() puts the largest table first, and leaves bookkeeping to a platform", () => {
  const leftOut: LeftOut[] = [];
  expect(selectTables(MANIFEST, null, null, ["auth"], leftOut).map((one) => one.name)).toEqual(["a\"b", "parts 1", "orders", "parts 1a", "users"]);
  expect(leftOut).toMatchObject([{ reason: "platform", subject: "rows of auth.schema_migrations" }]);
  expect(selectTables(MANIFEST, null, null, [], []).map((one) => one.name)).toContain("schema_migrations");
});

it("selectTables() says so when the target cannot have a table", () => {
  const leftOut: LeftOut[] = [];
  expect(selectTables(MANIFEST, [{ schema: "auth", name: null }], SCHEMA, [], leftOut).map((one) => one.name)).toEqual(["users"]);
  expect(leftOut).toMatchObject([{ reason: "unsupported", subject: "rows of auth.schema_migrations" }]);
});
