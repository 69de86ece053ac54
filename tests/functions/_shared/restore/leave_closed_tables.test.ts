import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leaveClosedTables } from "../../../../functions/_shared/restore/leave_closed_tables.ts";
import type { LeftOut } from "../../../../functions/_shared/restore/restore_context.ts";
import { createRestorePair, type RestorePair } from "../../../support/restore_pair.ts";

let pair: RestorePair;
beforeAll(async () => void (pair = await createRestorePair()));
afterAll(() => pair.close());

const table = (schema: string, name: string, rows = 3) => ({ schema, name, rows }) as Parameters<typeof leaveClosedTables>[1][number];

describe("leaveClosedTables()", () => {
  it("leaveClosedTables() leaves out what of the platform may be read and not filled, and says which rows stay behind", async () => {
    // As buckets of vectors are on the platform.
    await pair.admin.query(`
      set role supabase_storage_admin; create table storage.closed (id text); create table storage."Empty.one" (id text); grant select on storage.closed, storage."Empty.one" to service_role; reset role;
      create table public.closed (id text); create schema of_others authorization authenticator; create table of_others.closed (id text); alter table of_others.closed owner to authenticator`);
    const tables = [table("storage", "closed"), table("storage", "Empty.one", 0), table("storage", "buckets"), table("public", "closed"), table("of_others", "closed"), table("auth", "users"), table("auth", "not_there")];
    const leftOut: LeftOut[] = [];
    const inspected = await pair.inspect();
    const kept = await leaveClosedTables(pair.target, tables, { ...inspected, platformSchemas: [...inspected.platformSchemas, "of_others"] }, leftOut);
    expect(kept.map(({ schema, name }) => `${schema}.${name}`)).toEqual(["storage.buckets", "public.closed", "of_others.closed", "auth.users", "auth.not_there"]);
    expect(leftOut).toEqual([{ reason: "platform", subject: "rows of storage.closed", message: "postgres may not insert into this table of the platform; 3 rows stay behind." }]);
  });

  it("leaveClosedTables() leaves nothing out where the role may fill everything", async () => {
    const tables = [table("storage", "closed")];
    expect(await leaveClosedTables(pair.admin, tables, { platformSchemas: ["storage"], role: "supabase_admin" }, [])).toEqual(tables);
  });
});
