import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeClient } from "../../../../functions/_shared/database/close_client.ts";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { createScratchDatabase, dropScratchDatabase, endOtherSessions, reapScratchDatabases, urlOfDatabase } from "../../../../functions/_shared/drill/scratch_database.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

let database: TestDatabase;
let client: Client;
let ledgerOid: number;
const names = new Set<string>();
const nameOf = (drillId: string, oid: number | string = ledgerOid) => {
  const name = `holdfast_drill_${oid}_${drillId.replaceAll("-", "")}`;
  names.add(name);
  return name;
};
const exists = async (name: string) => (await client.query("select from pg_database b where b.datname = $1", [name])).rows.length === 1;

beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  client = await connect(database.url, { applicationName: "holdfast test" });
  ledgerOid = (await client.query<{ oid: number }>("select b.oid::bigint::float8 as oid from pg_database b where b.datname = current_database()")).rows[0]?.oid ?? 0;
});
afterAll(async () => {
  for (const name of names) await client.query(`drop database if exists "${name}" with (force)`).catch(() => undefined);
  await closeClient(client);
  await database.drop();
});

describe("urlOfDatabase()", () => {
  it("urlOfDatabase() changes nothing but the database", () => {
    expect(urlOfDatabase("postgresql://u:p%40@h:5432/postgres?sslmode=require", "holdfast_drill_1_0a")).toBe("postgresql://u:p%40@h:5432/holdfast_drill_1_0a?sslmode=require");
  });
});

describe("createScratchDatabase()", () => {
  const NAME = "00000000-0000-0000-0000-0000000000c1";

  it("createScratchDatabase() makes an empty database that sorts as the connected one does, also where one was left", async () => {
    const name = nameOf(NAME);
    await createScratchDatabase(client, name);
    const scratch = await connect(urlOfDatabase(database.url, name), { applicationName: "holdfast test" });
    await scratch.query("create table public.left_behind ()");
    await createScratchDatabase(client, name);
    const again = await connect(urlOfDatabase(database.url, name), { applicationName: "holdfast test" });
    expect((await again.query("select from pg_class c where c.relname = 'left_behind'")).rows).toEqual([]);
    const settings = "select b.encoding, b.datcollate, b.datctype, b.datlocprovider from pg_database b where b.datname = current_database()";
    expect((await again.query(settings)).rows).toEqual((await client.query(settings)).rows);
    await closeClient(scratch);
    await closeClient(again);
    await dropScratchDatabase(client, name);
  });

  it("createScratchDatabase() touches no database that is not named as one", async () => {
    for (const name of ["postgres", "holdfast_drill_", `${nameOf(NAME)}x`, 'holdfast_drill_1_"; drop database x; --']) {
      await expect(createScratchDatabase(client, name)).rejects.toThrow("is not the name of a scratch database");
    }
  });
});

describe("dropScratchDatabase()", () => {
  it("dropScratchDatabase() ends the sessions in it, and is content when there is none", async () => {
    const name = nameOf("00000000-0000-0000-0000-0000000000c2");
    await createScratchDatabase(client, name);
    const inside = await connect(urlOfDatabase(database.url, name), { applicationName: "holdfast test" });
    await dropScratchDatabase(client, name);
    expect(await exists(name)).toBe(false);
    await dropScratchDatabase(client, name);
    await expect(inside.query("select 1")).rejects.toThrow();
    await closeClient(inside);
  });

  it("dropScratchDatabase() touches no database that is not named as one", async () => {
    await expect(dropScratchDatabase(client, database.name)).rejects.toThrow("is not the name of a scratch database");
    expect(await exists(database.name)).toBe(true);
  });
});

describe("endOtherSessions()", () => {
  it("endOtherSessions() ends the sessions of workers that lost their step", async () => {
    const name = nameOf("00000000-0000-0000-0000-0000000000c3");
    await createScratchDatabase(client, name);
    const url = urlOfDatabase(database.url, name);
    const zombie = await connect(url, { applicationName: "holdfast restore-drill" });
    const owner = await connect(url, { applicationName: "holdfast restore-drill" });
    await endOtherSessions(owner);
    await expect(zombie.query("select 1")).rejects.toThrow();
    expect((await owner.query("select 1 as alive")).rows).toEqual([{ alive: 1 }]);
    await closeClient(zombie);
    await closeClient(owner);
    await dropScratchDatabase(client, name);
  });
});

describe("reapScratchDatabases()", () => {
  it("reapScratchDatabases() drops those of drills that are over or unknown and of ledgers that are gone, and no other", async () => {
    const id = (n: number) => `00000000-0000-0000-0000-0000000000d${n}`;
    await client.query(`insert into backup.runs (run_id, tier, trigger, engine, object_prefix) values ('20260101T000000Z-aaaaaa', 'weekly', 'sql', 'cli', 'p/1/')`);
    await client.query(`insert into backup.drills (drill_id, run_id, trigger, state, verdict, finished_at) values
      ('${id(1)}', '20260101T000000Z-aaaaaa', 'sql', 'running', null, null), ('${id(2)}', '20260101T000000Z-aaaaaa', 'sql', 'complete', 'passed', now())`);
    const foreign = await createTestDatabase();
    const oid = (await client.query<{ oid: number }>("select b.oid::bigint::float8 as oid from pg_database b where b.datname = $1", [foreign.name])).rows[0]?.oid ?? 0;
    const [active, over, unknown, other, lost] = [nameOf(id(1)), nameOf(id(2)), nameOf(id(3)), nameOf(id(4), oid), nameOf(id(5), 4_294_000_000)];
    for (const name of [active, over, unknown, other, lost]) await createScratchDatabase(client, name);

    const { rows } = await client.query("select o.database_name, o.drill_id, o.reason from backup.orphaned_scratch_databases() o");
    expect(rows.filter((row) => names.has(String(row.database_name)))).toEqual([
      { database_name: unknown, drill_id: id(3), reason: "its drill is unknown" },
      { database_name: over, drill_id: id(2), reason: "its drill is complete" },
      { database_name: lost, drill_id: id(5), reason: "its ledger is gone" },
    ].sort((a, b) => (a.database_name < b.database_name ? -1 : 1)));

    const log: string[] = [];
    expect((await reapScratchDatabases(client, (line) => log.push(line))).sort()).toEqual(expect.arrayContaining([over, unknown, lost].sort()));
    expect(log).toContain(`dropped ${over}: its drill is complete`);
    const left: string[] = [];
    for (const name of [active, over, unknown, other, lost]) if (await exists(name)) left.push(name);
    expect(left).toEqual([active, other]);
    await foreign.drop();
  });

  it("reapScratchDatabases() goes on after one that it cannot drop, and says which", async () => {
    const log: string[] = [];
    const dropped = await reapScratchDatabases({
      query: async (text) => {
        if (text.includes("orphaned")) return { rows: [{ database_name: nameOf("00000000-0000-0000-0000-0000000000e1"), reason: "a" }, { database_name: nameOf("00000000-0000-0000-0000-0000000000e2"), reason: "b" }] };
        if (text.includes("e1")) throw new Error("must be owner of database");
        return { rows: [] };
      },
    }, (line) => log.push(line));
    expect(dropped).toEqual([expect.stringMatching(/e2$/)]);
    expect(log[0]).toMatch(/^cannot drop holdfast_drill_\d+_0+e1: must be owner of database$/);
  });
});
