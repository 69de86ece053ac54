import type { Client, QueryResult } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { planRestore } from "../../../../functions/_shared/restore/plan_restore.ts";
import type { RestoreRequest } from "../../../../functions/_shared/restore/prepare_restore.ts";
import { restoreBackup, type RestoreResult } from "../../../../functions/_shared/restore/restore_backup.ts";
import type { LeftOut } from "../../../../functions/_shared/restore/restore_context.ts";
import { wakeEventTriggers } from "../../../../functions/_shared/restore/wake_event_triggers.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { memoryStorage } from "../../../support/memory_backup.ts";
import { names } from "../../../support/restore_pair.ts";
import { writeBackup, type WrittenBackup } from "../../../support/written_backup.ts";

const GLOBALS = { roles: [], memberships: [], settings: [], cron_jobs: [] };
const OPTIONS: RestoreRequest["options"] = { dataOnly: false, schemaOnly: false, skipDamaged: false, prove: true, workers: 2 };
/** What a sequence has counted, no rollback takes back: as little as what went over the network. */
const HEARD = "select q.is_called as heard, (select case when g.is_called then g.last_value::integer else 0 end from shop.greeted g) as greeted from shop.heard q";
const STATES = "select e.evtname as name, e.evtenabled::text as enabled from pg_event_trigger e where e.evtname like 'hear%' order by 1";

let source: TestDatabase;
let session: Client;
let written: WrittenBackup;
let hasLogins: boolean;
const databases: TestDatabase[] = [];
const sessions: Client[] = [];
async function newDatabase(sql = ""): Promise<TestDatabase> {
  const database = await createTestDatabase();
  databases.push(database);
  await read(database, sql);
  return database;
}
async function read(database: TestDatabase, sql: string): Promise<Record<string, unknown>[]> {
  const client = await connect(database.adminUrl, { applicationName: "holdfast test" });
  try {
    const result: QueryResult<Record<string, unknown>> | QueryResult<Record<string, unknown>>[] = await client.query<Record<string, unknown>>(sql);
    return (Array.isArray(result) ? result.at(-1)?.rows : result.rows) ?? [];
  } finally {
    await client.end();
  }
}
/** As the superuser, who alone may create event triggers here. */
const requestOf = (database: TestDatabase, change: Partial<Omit<RestoreRequest, "options">> = {}, options: Partial<RestoreRequest["options"]> = {}): RestoreRequest => ({
  s3: written.storage, from: "latest", tables: [], schemas: [], intoExisting: null,
  connect: (applicationName) => connect(database.adminUrl, { applicationName }), ...change, options: { ...OPTIONS, ...options },
});
const restore = (...given: Parameters<typeof requestOf>): Promise<RestoreResult> => restoreBackup(requestOf(...given));

beforeAll(async () => {
  source = await newDatabase();
  session = await connect(source.adminUrl, { applicationName: "holdfast test" });
  sessions.push(session);
  hasLogins = Number((await session.query<{ n: string }>("select current_setting('server_version_num') as n")).rows[0]?.n) >= 170_000;
  await session.query(`create schema shop; create table shop.orders (id integer primary key, note text); insert into shop.orders select g, 'n' from generate_series(1, 20) g;
    create view shop.notes as select note from shop.orders; create sequence shop.heard; create sequence shop.greeted;
    create function shop.hear() returns event_trigger language plpgsql as $f$ begin perform nextval('shop.heard'); end $f$;
    create function shop.greet() returns event_trigger language plpgsql as $f$ begin perform nextval('shop.greeted'); end $f$;
    ${["always on ddl_command_end", "origin on ddl_command_start", "replica on sql_drop", "off on ddl_command_end"].map((one) => `create event trigger hear_${one} execute function shop.hear();`).join(" ")}
    ${hasLogins ? "create event trigger hear_login on login execute function shop.greet();" : ""}
    alter event trigger hear_always enable always; alter event trigger hear_replica enable replica; alter event trigger hear_off disable; select setval('shop.heard', 1, false)`);
  written = await writeBackup(session, ["shop"], { "globals.json": GLOBALS });
});
afterAll(async () => {
  for (const one of sessions) await one.end();
  for (const one of databases) await one.drop();
});
const asInSource = () => [...(hasLogins ? ["login O"] : []), "always A", "off D", "origin O", "replica R"].sort();
const states = async (database: TestDatabase) => (await read(database, STATES)).map(({ name, enabled }) => `${String(name).slice(5)} ${String(enabled)}`).sort();
const asleep = () => asInSource().map((one) => one.replace(/.$/, "D"));

describe("wakeEventTriggers()", () => {
  it("wakeEventTriggers() is the last thing a proven restore does: until then none of them was called, and then they are what they were", async () => {
    const database = await newDatabase();
    const { proof, leftOut } = await restore(database);
    expect(proof?.findings.filter(({ verdict }) => verdict === "failed" || verdict === "inconclusive")).toEqual([]);
    expect([proof?.verdict, leftOut]).toEqual(["passed", []]);
    const client = await connect(database.adminUrl, { applicationName: "holdfast test" });
    sessions.push(client);
    // Who looks calls the one that listens to logins.
    expect((await client.query(HEARD)).rows).toEqual([{ heard: false, greeted: hasLogins ? 1 : 0 }]);
    expect(await states(database)).toEqual(asInSource());
    await client.query("create table shop.more ()");
    expect((await client.query(HEARD)).rows).toMatchObject([{ heard: true }]);
    // The proof says what it has seen.
    expect(proof?.findings.filter(({ check_name, verdict }) => check_name === "check_schema" && verdict === "skipped").map(({ subject }) => subject).sort())
      .toEqual([...(hasLogins ? ["event trigger hear_login"] : []), "event trigger hear_always", "event trigger hear_origin", "event trigger hear_replica"].sort());
  }, 60_000);

  it("wakeEventTriggers() waits for the call whose proof passes, and the one before says how to enable them", async () => {
    const database = await newDatabase();
    const damaged = memoryStorage();
    for (const [key, value] of written.storage.objects) if (!key.includes("data/shop.orders")) damaged.objects.set(key, value);
    const { proof, leftOut } = await restore(database, { s3: damaged }, { skipDamaged: true });
    expect([proof?.verdict, await states(database)]).toEqual(["failed", asleep()]);
    expect(leftOut.filter(({ reason }) => reason === "unproven").map(({ subject, message }) => `${subject}: ${message.split(": ")[1] ?? ""}`)).toEqual(expect.arrayContaining([
      'event trigger hear_always: alter event trigger "hear_always" enable always', 'event trigger hear_origin: alter event trigger "hear_origin" enable']));
    expect((await restore(database)).proof?.verdict).toBe("passed");
    expect([...await read(database, HEARD), await states(database)]).toEqual([{ heard: false, greeted: hasLogins ? 1 : 0 }, asInSource()]);
  }, 60_000);

  it("wakeEventTriggers() comes also after a restore that is not proven, and not after one of a part", async () => {
    const database = await newDatabase();
    await restore(database, {}, { prove: false, schemaOnly: true });
    expect(await states(database)).toEqual(asInSource());
    const part = await newDatabase();
    await restore(part, { schemas: ["shop"] });
    expect(await states(part)).toEqual([]);
  }, 60_000);

  it("wakeEventTriggers() is part of what planRestore() says", async () => {
    const plan = await planRestore(requestOf(await newDatabase()));
    const [made, awake] = ["create", "alter"].map((verb) => names(plan.after.filter((one) => one.verb === verb && one.subject.kind === "eventTrigger")).sort());
    expect([made?.length, awake]).toEqual([asInSource().length, made?.filter((name) => !name.endsWith("hear_off")).map((name) => name.replace("create", "alter"))]);
    expect(plan.after.slice(-(awake?.length ?? 0)).every(({ verb }) => verb === "alter")).toBe(true);
    expect(plan.after.filter(({ sql }) => /^CREATE EVENT/.test(sql)).every(({ sql }) => / DISABLE$/.test(sql))).toBe(true);
  });

  it("wakeEventTriggers() lists what the role may not enable, and enables the others", async () => {
    const database = await newDatabase(`create function public.hear() returns event_trigger language plpgsql as 'begin end';
      create event trigger hear_a on ddl_command_end execute function public.hear(); alter event trigger hear_a disable`);
    const client = await connect(database.adminUrl, { applicationName: "holdfast test" });
    sessions.push(client);
    const leftOut: LeftOut[] = [];
    const one = (name: string) => ({ id: { kind: "eventTrigger", name } as const, sql: `alter event trigger ${name} enable` });
    await client.query("begin");
    await wakeEventTriggers(client, [one("gone"), one("hear_a")], leftOut);
    await client.query("commit");
    expect(await states(database)).toEqual(["a O"]);
    expect(leftOut).toEqual([{ reason: "role", subject: "event trigger gone", message: expect.stringMatching(/SQLSTATE 42704.*: alter event trigger gone enable$/) }]);
  });
});
