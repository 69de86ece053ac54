import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableKey } from "../../../../functions/_shared/export/build_manifest.ts";
import { platformTables } from "../../../../functions/_shared/restore/platform_tables.ts";
import { createRestorePair, type RestorePair } from "../../../support/restore_pair.ts";

let pair: RestorePair;
beforeAll(async () => void (pair = await createRestorePair()));
afterAll(() => pair.close());

describe("platformTables()", () => {
  it("platformTables() tells tables of the platform from those that another role of the project owns, and which may be filled", async () => {
    await pair.admin.query(`set role supabase_storage_admin; create table storage.closed (id text); grant select on storage.closed to service_role; reset role;
      create table storage.of_project (id text); alter table storage.of_project owner to postgres; create table public.left_out (id text)`);
    const found = await platformTables(pair.target, { platformSchemas: ["storage"] });
    expect(found.get(tableKey("storage", "closed"))).toEqual({ mayInsert: false });
    expect(found.get(tableKey("storage", "buckets"))).toEqual({ mayInsert: true });
    expect([found.has(tableKey("storage", "of_project")), found.has(tableKey("public", "left_out"))]).toEqual([false, false]);
  });
});
