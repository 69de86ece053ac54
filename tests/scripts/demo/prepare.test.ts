import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../../functions/_shared/database/connect.ts";
import { prepareOwnDatabase, removeOtherBuild } from "../../../scripts/demo/prepare.ts";
import { applyMigrations } from "../../../stack/apply_migrations.ts";
import { compareBuild } from "../../../stack/compare_build.ts";
import { REPO_ROOT } from "../../../stack/repo_root.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { queryRows } from "../../support/query_rows.ts";

let database: TestDatabase;
let client: Client;
let said: string[];
const say = (text: string) => void said.push(text);
/** A function of the build before, and a setting somebody chose. */
const AGE = `comment on schema backup is 'Holdfast. Build 000000000000.';
  create or replace function backup.tool_of_the_past() returns integer language sql as 'select 1';
  update backup.settings set workers = 7`;
const pastTool = "select to_regprocedure('backup.tool_of_the_past()') is not null as there";

beforeEach(async () => {
  said = [];
  database = await createTestDatabase({ migrated: true });
  client = await connect(database.url, { applicationName: "test" });
});
afterEach(async () => {
  await client.end();
  await database.drop();
});

describe("removeOtherBuild()", () => {
  it("removeOtherBuild() leaves the build of this checkout alone", async () => {
    await client.query("update backup.settings set workers = 7");
    await removeOtherBuild(client, say);
    expect(await applyMigrations(database.url)).toEqual([]);
    expect(await queryRows(database.url, "select workers from backup.settings")).toEqual([{ workers: 7 }]);
    expect(said).toEqual([]);
  });

  it("removeOtherBuild() makes migrations create another build's schema again, and touches nothing else", async () => {
    await client.query(`${AGE}; create table public.pets as select 1 as id`);
    await removeOtherBuild(client, say);
    expect(await applyMigrations(database.url)).toHaveLength(1);
    expect(await compareBuild(client)).toBe("same");
    expect(await queryRows(database.url, pastTool)).toEqual([{ there: false }]);
    expect(await queryRows(database.url, "select id from public.pets")).toEqual([{ id: 1 }]);
    expect(said.join()).toContain("another build");
  });

  it("removeOtherBuild() has nothing to do in a new project", async () => {
    const bare = await createTestDatabase();
    const session = await connect(bare.url, { applicationName: "test" });
    await removeOtherBuild(session, say).finally(() => session.end());
    await bare.drop();
    expect(said).toEqual([]);
  });
});

describe("prepareOwnDatabase()", () => {
  it("prepareOwnDatabase() refuses another build with HF906 and changes nothing", async () => {
    await client.query(AGE);
    await expect(prepareOwnDatabase(database.url, say)).rejects.toMatchObject({ code: "HF906", hint: expect.stringContaining("drop schema backup") });
    expect(await queryRows(database.url, `${pastTool}, (select workers from backup.settings)`)).toEqual([{ there: true, workers: 7 }]);
  });

  it("prepareOwnDatabase() takes the build of this checkout as it is", async () => {
    await client.query("update backup.settings set workers = 7");
    await prepareOwnDatabase(database.url, say);
    expect(await queryRows(database.url, "select workers from backup.settings")).toEqual([{ workers: 7 }]);
  });

  it("prepareOwnDatabase() installs what the migrations say where nothing is", async () => {
    const bare = await createTestDatabase();
    try {
      await prepareOwnDatabase(bare.url, say);
      const [build] = await queryRows(bare.url, "select obj_description('backup'::regnamespace, 'pg_namespace') as comment");
      expect(readFileSync(join(REPO_ROOT, "supabase/migrations/20261123000000_holdfast.sql"), "utf8")).toContain(/Build \w+\./.exec(String(build?.["comment"]))?.[0]);
    } finally {
      await bare.drop();
    }
  });
});
