import type { Fact, StableId } from "@supabase/pg-delta/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adaptFacts, schemasOf } from "../../../../functions/_shared/restore/adapt_facts.ts";
import { extractFacts } from "../../../../functions/_shared/restore/extract_facts.ts";
import { fact, facts, schema, table, targetInfo } from "../../../support/facts.ts";
import { createRestorePair, names, type RestorePair } from "../../../support/restore_pair.ts";

let pair: RestorePair;
beforeAll(async () => {
  pair = await createRestorePair(`
    create schema shop; create table shop.items (id int primary key); grant select on shop.items to anon;
    alter table shop.items enable row level security; create policy own on shop.items to supabase_realtime_admin using (true); grant select on shop.items to supabase_realtime_admin;
    alter default privileges in schema shop grant select on tables to anon`);
});
afterAll(() => pair.close());
const all = async (change: Parameters<RestorePair["plan"]>[1] = {}) => {
  const { before, after, leftOut } = await pair.plan({}, change);
  return { actions: names([...before, ...after]), sql: [...before, ...after].map((one) => one.sql), leftOut };
};
const without = async (...roles: string[]) => ({ roles: new Map([...(await pair.inspect()).roles].filter(([name]) => !roles.includes(name))) });

describe("adaptFacts()", () => {
  it("adaptFacts() leaves out rights and policies of a role the target does not have, and says how many", async () => {
    const { actions, leftOut } = await all(await without("supabase_realtime_admin"));
    expect(actions.filter((name) => /realtime_admin|policy/.test(name))).toEqual([]);
    expect(leftOut).toEqual(expect.arrayContaining([expect.objectContaining({ reason: "role", subject: "rights of supabase_realtime_admin" }), expect.objectContaining({ subject: "policy own of shop.items" })]));
  });

  it("adaptFacts() does not drop default privileges of roles it cannot act as", async () => {
    await pair.admin.query("alter default privileges for role supabase_admin in schema public grant select on tables to anon");
    const { actions } = await all();
    expect(actions.filter((name) => name.includes("supabase_admin"))).toEqual([]);
  });

  it("adaptFacts() takes back what the target grants beyond the backup, on objects of the backup", async () => {
    await pair.target.query("create schema shop; create table shop.items (id int primary key); grant all on shop.items to anon; create policy leak on shop.items using (true)");
    const { actions } = await all();
    expect(actions).toEqual(expect.arrayContaining(["drop policy leak of shop.items", "create rights of anon on table shop.items"]));
    await pair.target.query("drop schema shop cascade");
  });

  it("adaptFacts() keeps rights on a schema that somebody else owns", async () => {
    const { sql } = await all();
    expect(sql.filter((one) => /SCHEMA "?extensions/.test(one))).toEqual([]);
  });

  it("adaptFacts() keeps in sight that an index of the target lacks partitions, as the backup's has them", () => {
    const index = { kind: "index", schema: "public", name: "i" } as const;
    const some = { kind: "extensionIntent", ext: "holdfast", intentKind: "index of some", key: '["public","i"]' } as const;
    const whole = [fact(schema("public")), fact(table("a"), {}, schema("public")), fact(index, {}, table("a"))];
    const { current } = adaptFacts(facts(whole), facts([...whole, fact(some, {}, index)]), targetInfo(), { only: null }, 170_000);
    expect(current.has(some)).toBe(true);
  });

  it("adaptFacts() leaves out connections to elsewhere and credentials", async () => {
    const other = await createRestorePair();
    try {
      await other.admin.query("create extension postgres_fdw schema extensions; create server far foreign data wrapper postgres_fdw options (host 'h', dbname 'd'); create user mapping for postgres server far options (user 'u', password 'pa55')");
      const facts = await extractFacts(other.admin);
      const { leftOut, desired } = adaptFacts(facts, facts, await other.inspect(), { only: null }, 170_000);
      expect(leftOut).toEqual(expect.arrayContaining([expect.objectContaining({ reason: "secret", subject: "user mapping of postgres for server far" })]));
      expect(desired.facts().some(({ id }) => id.kind === "userMapping")).toBe(false);
      expect(JSON.stringify(desired.facts())).not.toContain("pa55");
      await other.admin.query("create foreign data wrapper w; create server plain foreign data wrapper w options (keep_connections 'on'); create server hidden foreign data wrapper w options (keep_connections 'on', api_key 'k')");
      const more = await extractFacts(other.admin);
      expect(adaptFacts(more, more, await other.inspect(), { only: null }, 170_000).leftOut.filter(({ subject }) => subject.startsWith("server"))).toEqual([
        { reason: "secret", subject: "server hidden", message: expect.stringContaining("placeholder") }]);
    } finally {
      await other.close();
    }
  });
});

describe("adaptFacts() of facts alone", () => {
  const items = table("items");
  const base = [fact(schema("public")), fact(items, {}, schema("public"))];
  const adapt = (backup: Fact[], present: Fact[] = [], change: Parameters<typeof targetInfo>[0] = {}) => {
    const { desired, leftOut } = adaptFacts(facts([...base, ...backup]), facts([...base, ...present]), targetInfo(change), { only: null }, 170_000);
    return { left: leftOut.map(({ reason, subject }) => `${reason} ${subject}`), has: (id: StableId) => desired.has(id) };
  };
  const subscription: StableId = { kind: "subscription", name: "feed" };
  const server: StableId = { kind: "server", name: "far" };
  const mapping = (of: string): StableId => ({ kind: "userMapping", server: "far", role: of });
  const defaults = (of: string, grantee = "anon"): StableId => ({ kind: "defaultPrivilege", role: of, schema: null, objtype: "r", grantee });

  it("adaptFacts() never makes a subscription, which would begin to copy", () => {
    const { left, has } = adapt([fact(subscription, { conninfo: "host=h password=p" })]);
    expect([left, has(subscription)]).toEqual([["secret subscription feed"], false]);
  });

  it("adaptFacts() makes a server whose credentials are not in the backup, and says so; not the mapping of a user", () => {
    const secret = { options: ["password=__OPTION_PASSWORD__"] };
    const { left, has } = adapt([fact(server, secret), fact(mapping("postgres"), secret), fact(mapping("nobody"), {})]);
    expect(left).toEqual(["secret server far", "secret user mapping of postgres for server far", "role rights of nobody"]);
    expect([has(server), has(mapping("postgres")), has(mapping("nobody"))]).toEqual([true, false, false]);
    expect(adapt([fact(server), fact(mapping("postgres"))]).left).toEqual([]);
  });

  it("adaptFacts() leaves default rights of and for roles that are missing, and of roles that it cannot act as", () => {
    const { left, has } = adapt([fact(defaults("nobody")), fact(defaults("postgres", "nobody")), fact(defaults("supabase_admin")), fact(defaults("postgres"))]);
    expect(left).toEqual(["role rights of nobody", "role default rights of anon on objects of supabase_admin"]);
    expect([has(defaults("nobody")), has(defaults("postgres", "nobody")), has(defaults("supabase_admin")), has(defaults("postgres"))]).toEqual([false, false, false, true]);
    // What the target has of them already stays, and a superuser may change them all.
    expect(adapt([fact(defaults("supabase_admin"))], [fact(defaults("supabase_admin"))])).toMatchObject({ left: [] });
    expect(adapt([fact(defaults("supabase_admin"))], [], { isSuperuser: true }).has(defaults("supabase_admin"))).toBe(true);
  });
});

describe("schemasOf()", () => {
  it("schemasOf() names schemas with objects of the backup", async () => {
    const names = schemasOf(await pair.schema());
    expect([...names]).toEqual(expect.arrayContaining(["auth", "public", "shop", "storage"]));
    // Extensions live in it and roles have rights on it; what else the target has in it was never asked for.
    expect(names).not.toContain("extensions");
    const policy = { kind: "policy", schema: "realtime", table: "messages", name: "p" } as const;
    expect(schemasOf(facts([fact(schema("shop")), fact(policy), fact({ kind: "comment", target: policy }, {}, policy)]))).toEqual(new Set(["shop"]));
  });
});
