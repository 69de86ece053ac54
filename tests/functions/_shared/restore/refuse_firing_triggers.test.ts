import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { planRestore } from "../../../../functions/_shared/restore/plan_restore.ts";
import type { RestoreRequest } from "../../../../functions/_shared/restore/prepare_restore.ts";
import { refuseFiringTriggers } from "../../../../functions/_shared/restore/refuse_firing_triggers.ts";
import { restoreBackup } from "../../../../functions/_shared/restore/restore_backup.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { memoryStorage } from "../../../support/memory_backup.ts";
import { writeBackup, type WrittenBackup } from "../../../support/written_backup.ts";

/** Owns the tables, and may not set session_replication_role. */
const PLAIN = `holdfast_plain_${process.pid}`;
const TABLES = `create schema shop; create table shop.customers (id integer primary key); create table shop.orders (id integer primary key, customer integer references shop.customers);
  create table shop.parts (id integer primary key, of integer references shop.parts)`;
const HEAR = `create sequence shop.heard; create function shop.hear() returns trigger language plpgsql as $f$ begin perform nextval('shop.heard'); return new; end $f$`;
const DAY = "create trigger hear before insert on shop.orders for each row execute function shop.hear()";

describe("refuseFiringTriggers()", () => {
  let source: TestDatabase;
  let target: TestDatabase;
  let admin: Client;
  let written: WrittenBackup;
  const databases: TestDatabase[] = [];
  beforeAll(async () => {
    [source, target] = [await createTestDatabase(), await createTestDatabase()];
    databases.push(source, target);
    const session = await connect(source.url, { applicationName: "holdfast test" });
    await session.query(`${TABLES}; insert into shop.customers values (1), (2); insert into shop.orders select g, 1 + g % 2 from generate_series(1, 20) g; insert into shop.parts values (1, 2), (2, 1)`);
    written = await writeBackup(session, ["shop"], { "globals.json": { roles: [], memberships: [], settings: [], cron_jobs: [] } });
    await session.end();
    admin = await connect(target.adminUrl, { applicationName: "holdfast test" });
    await admin.query(`create role ${PLAIN} login password 'plain' bypassrls; grant create on database ${target.name} to ${PLAIN}; grant ${PLAIN} to postgres`);
  });
  /** The schema is there, and belongs to both roles of the test. */
  beforeEach(() => admin.query(`drop schema if exists shop, holdfast_restore cascade; set role ${PLAIN}; ${TABLES}; ${HEAR}; reset role`));
  afterAll(async () => {
    await admin.query(`drop schema shop cascade; drop owned by ${PLAIN}`);
    await admin.query(`drop role ${PLAIN}`);
    await admin.end();
    for (const one of databases) await one.drop();
  });

  const urlOf = (plain: boolean): string => {
    const url = new URL(target.url);
    if (plain) [url.username, url.password] = [PLAIN, "plain"];
    return url.href;
  };
  const requestOf = (options: { plain?: boolean; tables?: string[] } = {}): RestoreRequest => ({
    s3: written.storage, from: "latest", tables: options.tables ?? [], schemas: [], intoExisting: target.name,
    connect: (applicationName) => connect(urlOf(options.plain === true), { applicationName }),
    options: { dataOnly: true, schemaOnly: false, skipDamaged: false, prove: false, workers: 2 },
  });
  const state = async () => (await admin.query("select q.is_called as heard, (select count(*)::integer from shop.orders) as orders from shop.heard q")).rows[0] as unknown;
  const refused = async (detail: string, hint: string, ...given: Parameters<typeof requestOf>) => {
    for (const act of [planRestore, restoreBackup]) {
      await expect(act(requestOf(...given))).rejects.toMatchObject({ code: "HF502", message: expect.stringContaining("would fire"), detail, hint: expect.stringContaining(hint) });
    }
    expect(await state()).toEqual({ heard: false, orders: 0 });
  };

  it.each(["always", "replica"])("refuseFiringTriggers() names a trigger that fires also for replicas (enable %s), before any row", async (words) => {
    await admin.query(`${DAY}; alter table shop.orders enable ${words} trigger hear`);
    await refused("trigger hear of shop.orders",
      `Disable the triggers for the restore: alter table "shop"."orders" disable trigger "hear"; Enable them when it has ended: alter table "shop"."orders" enable ${words} trigger "hear"; Or`);
  });

  it("refuseFiringTriggers() has nothing against triggers that stay silent, and they do", async () => {
    await admin.query(`${DAY}; create trigger hear_off before insert on shop.customers for each row execute function shop.hear(); alter table shop.customers disable trigger hear_off;
      create trigger hear_update before update on shop.customers for each row execute function shop.hear(); alter table shop.customers enable always trigger hear_update`);
    await planRestore(requestOf());
    await restoreBackup(requestOf());
    expect(await state()).toEqual({ heard: false, orders: 20 });
  });

  it("refuseFiringTriggers() names the triggers and foreign keys that a role without that right cannot silence", async () => {
    await admin.query(DAY);
    await refused("trigger hear of shop.orders, foreign key orders_customer_fkey of shop.orders", `can run grant set on parameter session_replication_role to "${PLAIN}"; Disable the triggers for the restore: alter table "shop"."orders" disable trigger "hear"; Enable them when it has ended: alter table "shop"."orders" enable trigger "hear"; Drop the foreign keys`, { plain: true });
    await admin.query("alter table shop.orders disable trigger hear");
    await refused("foreign key orders_customer_fkey of shop.orders", "session_replication_role", { plain: true });
    await admin.query("alter table shop.orders drop constraint orders_customer_fkey, add foreign key (customer) references shop.customers not valid");
    await refused("foreign key orders_customer_fkey of shop.orders", "session_replication_role", { plain: true });
  });

  it("refuseFiringTriggers() lets such a role load what its foreign keys hold for", async () => {
    await admin.query("insert into shop.customers values (1), (2)");
    await restoreBackup(requestOf({ plain: true, tables: ["shop.orders", "shop.parts"] }));
    expect(await state()).toEqual({ heard: false, orders: 20 });
  });

  it("refuseFiringTriggers() sees the keys of a partitioned table, and rows of one table that come in several pieces", async () => {
    await admin.query(`drop schema shop cascade; create schema shop; grant all on schema shop to ${PLAIN}; create table shop.customers (id integer primary key) partition by range (id);
      create table shop.first partition of shop.customers for values from (1) to (10); create table shop.orders (id integer primary key, customer integer references shop.customers);
      create table shop.parts (id integer primary key, of integer references shop.parts)`);
    const piece = (key: string) => ({ key, sha256: "", bytes: 1, raw_bytes: 1, rows: 1, first_tid: "(0,0)", end_tid: null });
    const table = (name: string, ...keys: string[]) => ({ ...written.backup.manifest.tables[0], schema: "shop", name, rows: keys.length, chunks: keys.map(piece) }) as typeof written.backup.manifest.tables[number];
    const detail = (tables: ReturnType<typeof table>[], loaded: string[] = []) =>
      refuseFiringTriggers(admin, written.backup, tables, { mayReplicate: false, role: "plain" }, new Set(loaded)).then(() => null, (error: { detail?: string }) => error.detail);
    expect(await detail([table("first", "a"), table("orders", "b")])).toBe("foreign key orders_customer_fkey of shop.orders");
    expect(await detail([table("parts", "a")])).toBeNull();
    expect(await detail([table("parts", "a", "b")])).toBe("foreign key parts_of_fkey of shop.parts");
    // What is loaded is there to be referred to.
    expect([await detail([table("first", "a"), table("orders", "b")], ["a"]), await detail([table("parts", "a", "b")], ["a"])]).toEqual([null, null]);
  });

  it("refuseFiringTriggers() has nothing against triggers that a restore makes, until it would load rows after them", async () => {
    const [from, to] = [await createTestDatabase(), await createTestDatabase()];
    databases.push(from, to);
    const session = await connect(from.url, { applicationName: "holdfast test" });
    await session.query(`${TABLES}; ${HEAR}; insert into shop.customers values (1); insert into shop.orders values (1, 1); ${DAY}; alter table shop.orders enable always trigger hear`);
    const { storage } = await writeBackup(session, ["shop"], { "globals.json": { roles: [], memberships: [], settings: [], cron_jobs: [] } });
    await session.end();
    const damaged = memoryStorage();
    for (const [key, value] of storage.objects) if (!key.includes("data/shop.orders")) damaged.objects.set(key, value);
    const request = (s3: RestoreRequest["s3"]): RestoreRequest => ({
      s3, from: "latest", tables: [], schemas: [], intoExisting: null, connect: (applicationName) => connect(to.url, { applicationName }),
      options: { dataOnly: false, schemaOnly: false, skipDamaged: true, prove: true, workers: 1 } });
    expect((await restoreBackup(request(damaged))).lost).toHaveLength(1);
    await expect(restoreBackup(request(storage))).rejects.toMatchObject({ code: "HF502", detail: "trigger hear of shop.orders" });
    const client = await connect(to.url, { applicationName: "holdfast test" });
    await client.query("alter table shop.orders disable trigger hear");
    // It is enabled again by the restore itself, as in the source.
    expect((await restoreBackup(request(storage))).proof?.verdict).toBe("passed");
    expect((await client.query("select q.is_called as heard, (select t.tgenabled::text from pg_trigger t where t.tgname = 'hear') as enabled from shop.heard q")).rows).toEqual([{ heard: false, enabled: "A" }]);
    await client.end();
  }, 60_000);
});
