import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type pg from "pg";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { applyAfter, applyBefore, type ApplyHooks } from "../../../../functions/_shared/restore/apply_actions.ts";
import type { SchemaAction } from "../../../../functions/_shared/restore/plan_schema.ts";
import type { LeftOut } from "../../../../functions/_shared/restore/restore_context.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

let database: TestDatabase;
let clients: pg.Client[];
let leftOut: LeftOut[];
let seen: string[];
beforeAll(async () => {
  database = await createTestDatabase();
  clients = await Promise.all([1, 2].map(() => connect(database.url, { applicationName: "holdfast test" })));
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await database.drop();
});
beforeEach(async () => {
  leftOut = [];
  seen = [];
  await client().query("set client_min_messages = warning; drop schema if exists t cascade; create schema t");
});
const client = (): pg.Client => {
  const [first] = clients;
  if (first === undefined) throw new Error("no session");
  return first;
};
const hooks = (): ApplyHooks => ({ leftOut, onAction: (_, action) => void seen.push(action.name) });
const action = (sql: string, subject: SchemaAction["subject"], other: Partial<SchemaAction> = {}): SchemaAction => ({
  sql, subject, verb: "create", name: `thing ${sql.slice(0, 12)}`, tables: [], constraintType: null, commitAfter: false, alone: false, ...other });
const table = (name: string) => ({ kind: "table", schema: "t", name }) as const;
const constraint = (name: string) => ({ kind: "constraint", schema: "t", table: "a", name }) as const;
const exists = async (name: string) => (await client().query<{ found: boolean }>("select to_regclass($1) is not null as found", [name])).rows[0]?.found;

describe("applyBefore()", () => {
  it("applyBefore() applies all or nothing, and names the action that failed", async () => {
    const actions = [action("create table t.a ()", table("a")), action("create table t.b (x nothing)", table("b"), { name: "table t.b" })];
    await expect(applyBefore(client(), actions, hooks())).rejects.toMatchObject({ code: "HF504", message: "Cannot create table t.b", detail: expect.stringContaining("42704") });
    expect(await exists("t.a")).toBe(false);
    expect(seen).toHaveLength(2);
  });

  it("applyBefore() holds no more locks than a small server has, and says what is wrong where they are used up", async () => {
    const { rows: [before] } = await client().query<{ xid: string }>("select pg_current_xact_id()::text as xid");
    const many = Array.from({ length: 1001 }, (_, n) => action(`create type t.y${n} as ()`, { kind: "type", schema: "t", name: `y${n}` }));
    await applyBefore(client(), many, hooks());
    const { rows: [made] } = await client().query<{ transactions: string }>("select count(distinct xmin::text)::text as transactions from pg_type where typnamespace = 't'::regnamespace and typname ~ '^y' and xmin::text::bigint > $1::bigint % 4294967296", [before?.xid]);
    expect(made?.transactions).toBe("3");
    await expect(applyBefore(client(), [action("do $$ begin raise exception 'out of shared memory' using errcode = '53200'; end $$", table("a"))], hooks()))
      .rejects.toMatchObject({ code: "HF504", hint: expect.stringContaining("max_locks_per_transaction") });
  });

  it("applyBefore() commits where a statement has to be committed before its product is used", async () => {
    await applyBefore(client(), [
      action("create type t.mood as enum ('a')", { kind: "type", schema: "t", name: "mood" }),
      action("alter type t.mood add value 'b'", { kind: "type", schema: "t", name: "mood" }, { commitAfter: true }),
      action("create table t.a (m t.mood default 'b')", table("a")),
    ], hooks());
    expect(await exists("t.a")).toBe(true);
  });

  it("applyBefore() runs by itself what no transaction may hold, and keeps what came before it", async () => {
    const index = (on: string, unique = "") => action(`create ${unique} index concurrently ${on}_i on t.${on} (id)`, { kind: "index", schema: "t", name: `${on}_i` }, { name: `index t.${on}_i`, alone: true });
    await applyBefore(client(), [action("create table t.a (id int)", table("a")), index("a"), action("create table t.b ()", table("b"))], hooks());
    expect([await exists("t.a_i"), await exists("t.b")]).toEqual([true, true]);
    await expect(applyBefore(client(), [action("create table t.c as select 1 as id from generate_series(1, 2)", table("c")), index("c", "unique"), action("create table t.d ()", table("d"))], hooks())).rejects.toMatchObject({ code: "HF504", message: "Cannot create index t.c_i" });
    expect([await exists("t.c"), await exists("t.d")]).toEqual([true, false]);
    expect((await client().query("select now() = statement_timestamp() as idle")).rows).toEqual([{ idle: true }]);
  });

  it("applyBefore() does without what its role may not do and nothing needs", async () => {
    await applyBefore(client(), [
      action("create table t.a ()", table("a")),
      action("create publication everything for all tables", { kind: "publication", name: "everything" }, { name: "publication everything" }),
      action("create table t.b ()", table("b")),
    ], hooks());
    expect(await exists("t.b")).toBe(true);
    expect(leftOut).toMatchObject([{ reason: "role", subject: "publication everything" }]);
    await expect(applyBefore(client(), [action("create table pg_catalog.x ()", table("x"))], hooks())).rejects.toMatchObject({ code: "HF504" });
  });

  it("applyBefore() goes on without what the target does not accept and rows do not need, and names it where a table fails for it", async () => {
    const refused = action("create function t.f() returns nothing language sql as 'select 1'", { kind: "function", schema: "t", name: "f", args: [] }, { name: "function t.f" });
    await applyBefore(client(), [refused, action("create table t.a ()", table("a"))], hooks());
    expect(await exists("t.a")).toBe(true);
    expect(leftOut).toEqual([{ reason: "refused", subject: "function t.f", message: expect.stringContaining("42704") }]);
    await applyBefore(client(), [action("create trigger w after insert on t.a for each row execute function nowhere.f()", { kind: "trigger", schema: "t", table: "a", name: "w" }, { name: "trigger w of t.a" })], hooks());
    expect(leftOut.at(-1)).toEqual({ reason: "refused", subject: "trigger w of t.a", message: expect.stringContaining("3F000") });
    const needing = action("create table t.b (x int default t.f())", table("b"), { name: "table t.b" });
    await expect(applyBefore(client(), [needing], hooks())).rejects.toMatchObject({ code: "HF504", detail: expect.stringMatching(/42883.*Before it, function t\.f: /) });
  });

  it("applyBefore() does without a foreign table whose server nobody may make, its columns and what is said of them", async () => {
    const wrapper = { kind: "fdw", name: "elsewhere" } as const;
    const far = { kind: "foreignTable", schema: "t", name: "far" } as const;
    await applyBefore(client(), [
      action("create server s foreign data wrapper elsewhere", { kind: "server", name: "s" }, { name: "server s" }),
      action("create foreign table t.far () server s", far, { name: "foreign table t.far" }),
      action("alter foreign table t.far add column a integer", { kind: "column", schema: "t", table: "far", name: "a" }, { name: "column a of t.far" }),
      action('alter sequence t.numbers OWNED BY t.far.a', { kind: "sequence", schema: "t", name: "numbers" }, { name: "sequence t.numbers", tables: ["t.far"] }),
      action("comment on foreign data wrapper elsewhere is 'x'", { kind: "comment", target: wrapper }, { name: "comment" }),
      action("create table t.near ()", table("near")),
    ], hooks());
    expect(await exists("t.near")).toBe(true);
    expect(leftOut.map((one) => one.subject)).toEqual(["server s", "foreign table t.far", "column a of t.far", "sequence t.numbers", "comment"]);
  });

  it("applyBefore() keeps a table that it may not hand to its owner, and says so", async () => {
    await applyBefore(client(), [action("create table t.a ()", table("a")),
      action('ALTER TABLE t.a OWNER TO "supabase_admin"', table("a"), { verb: "alter", name: "owner of table t.a" })], hooks());
    expect(await exists("t.a")).toBe(true);
    expect(leftOut).toEqual([expect.objectContaining({ reason: "role", subject: "owner of table t.a" })]);
  });

  it("applyBefore() plans bodies of functions that are not there yet, and leaves no setting behind", async () => {
    const [before] = (await client().query("show search_path")).rows;
    await applyBefore(client(), [action("create function t.f() returns int language sql as 'select t.g()'", { kind: "function", schema: "t", name: "f", args: [] })], hooks());
    expect((await client().query("show search_path")).rows).toEqual([before]);
    expect((await client().query("show check_function_bodies")).rows[0]).toEqual({ check_function_bodies: "on" });
  });
});

describe("applyAfter()", () => {
  const apply = (actions: SchemaAction[], weight: (table: string) => number = () => 0) => applyAfter(clients, actions, weight, hooks());

  it("applyAfter() keeps what was done before a failure, and never quotes a row", async () => {
    await client().query("create table t.a (secret text); insert into t.a values ('pa55word'), ('pa55word')");
    const failing = apply([
      action("create table t.b ()", table("b")),
      action("alter table t.a add constraint one unique (secret)", constraint("one"), { name: "constraint one of t.a", constraintType: "u" }),
    ]);
    const error: unknown = await failing.catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "HF504", message: "Cannot create constraint one of t.a", detail: expect.stringContaining("23505") });
    expect(JSON.stringify(error)).not.toContain("pa55word");
    expect(await exists("t.b")).toBe(true);
  });

  it("applyAfter() keeps a rule that the source's own rows break, for rows to come, and says so", async () => {
    await client().query("create table t.a (id int, other int); insert into t.a values (-1, 5); create table t.b (id int primary key)");
    await apply([
      action("alter table t.a add constraint positive check (id > 0)", constraint("positive"), { name: "constraint positive", tables: ["t.a"], constraintType: "c" }),
      action("alter table t.a add constraint known foreign key (other) references t.b", constraint("known"), { name: "constraint known", tables: ["t.a", "t.b"], constraintType: "f" }),
      action("alter table t.a VALIDATE CONSTRAINT positive", constraint("positive"), { name: "constraint positive", tables: ["t.a"], constraintType: "c" }),
    ]);
    const { rows } = await client().query("select conname, convalidated from pg_constraint where conrelid = 't.a'::regclass order by 1");
    expect(rows).toEqual([{ conname: "known", convalidated: false }, { conname: "positive", convalidated: false }]);
    expect(leftOut.map((one) => one.subject).sort()).toEqual(["constraint known", "constraint positive"]);
  });

  it("applyAfter() makes unique indexes before the foreign keys that need them, largest table first", async () => {
    await client().query("create table t.a (id int, b int); create table t.b (id int); create table t.c (id int)");
    const key = (name: string) => action(`alter table t.${name} add constraint ${name}_key primary key (id)`, { ...constraint(`${name}_key`), table: name }, { name: `${name}_key`, tables: [`t.${name}`], constraintType: "p" });
    await apply([
      action("alter table t.a add constraint to_b foreign key (b) references t.b", constraint("to_b"), { name: "to_b", tables: ["t.a", "t.b"], constraintType: "f" }),
      key("c"), key("b"), key("a"),
    ], (name) => ({ "t.a": 3, "t.b": 2 })[name] ?? 1);
    expect(seen).toEqual(["a_key", "b_key", "c_key", "to_b"]);
  });

  it("applyAfter() does without a comment on what it may not touch and a rule that the server does not accept, and not without one that rows break for good", async () => {
    await client().query("create table t.a (id int)");
    await apply([action("comment on table pg_catalog.pg_authid is 'x'", { kind: "comment", target: { kind: "table", schema: "pg_catalog", name: "pg_authid" } }, { name: "comment on pg_authid" })]);
    expect(leftOut).toMatchObject([{ reason: "role", subject: "comment on pg_authid", message: expect.stringContaining("42501") }]);
    // A key over rows that are there twice cannot be made to hold for rows to come.
    await client().query("insert into t.a values (1), (1)");
    await expect(apply([action("alter table t.a add constraint one unique (id)", constraint("one"), { name: "constraint one", constraintType: "u" })])).rejects.toMatchObject({ code: "HF504", message: "Cannot create constraint one" });
    await apply([action("alter table t.a add constraint two check (gone > 0)", constraint("two"), { name: "constraint two", constraintType: "c" })]);
    expect(leftOut.at(-1)).toMatchObject({ reason: "refused", subject: "constraint two", message: expect.stringContaining("42703") });
    await expect(applyAfter([], [], () => 0, hooks())).rejects.toThrow("needs a session");
  });

  it("applyAfter() lets a session wait that has nothing to do until a table is free, and ends all of them after a failure", async () => {
    await client().query("create table t.a (id int); insert into t.a select 1 from generate_series(1, 20000)");
    const index = (name: string, unique = "") => action(`create ${unique} index ${name} on t.a (id)`, { kind: "index", schema: "t", name }, { name, tables: ["t.a"] });
    await apply([index("i1"), index("i2"), index("i3")]);
    expect(seen).toEqual(["i1", "i2", "i3"]);
    await expect(apply([index("i4"), index("i5", "unique"), index("i6")])).rejects.toMatchObject({ code: "HF504", message: "Cannot create i5" });
    expect([await exists("t.i4"), await exists("t.i6")]).toEqual([true, false]);
  });

  it("applyAfter() never works on one table from two sessions", async () => {
    await client().query("create table t.a (id int); create table t.b (id int); insert into t.a select generate_series(1, 20000); insert into t.b select generate_series(1, 20000)");
    const index = (name: string, on: string) => action(`create index ${name} on t.${on} (id)`, { kind: "index", schema: "t", name }, { name, tables: [`t.${on}`] });
    await apply(["a1", "a2", "a3"].map((name) => index(name, "a")).concat(["b1", "b2"].map((name) => index(name, "b"))));
    expect((await client().query("select from pg_indexes where schemaname = 't'")).rowCount).toBe(5);
    expect(seen.slice(0, 2).sort()).toEqual(["a1", "b1"]);
  });

  it("applyAfter() reports a lost session as such", async () => {
    const doomed = await connect(database.url, { applicationName: "holdfast test" });
    doomed.on("error", () => undefined);
    const [pid] = (await doomed.query<{ pid: number }>("select pg_backend_pid() as pid")).rows;
    const applying = expect(applyAfter([doomed], [action("select pg_sleep(10)", table("a"))], () => 0, hooks())).rejects.toMatchObject({ code: "57P01" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await client().query("select pg_terminate_backend($1)", [pid?.pid]);
    await applying;
    await doomed.end();
  });
});
