import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRestorePair, names, type RestorePair } from "../../../support/restore_pair.ts";

let pair: RestorePair;
beforeAll(async () => {
  pair = await createRestorePair(`
    create schema shop; create schema crm;
    create type crm.mood as enum ('ok'); create function shop.slug(text) returns text language sql immutable as 'select $1'; create sequence crm.numbers;
    create table shop.people (id int primary key); create table shop.other (id int primary key);
    create table shop.items (id int primary key default nextval('crm.numbers'), mood crm.mood, slug text generated always as (shop.slug('x')) stored, owner_id int references shop.people, self int references shop.items);
    create index on shop.items (mood); comment on table shop.items is 'c'; grant select on shop.items to anon;
    create function shop.pass() returns trigger language plpgsql as 'begin return new; end'; create trigger pass before insert on shop.items for each row execute function shop.pass();
    alter table shop.items enable row level security;
    create policy free on shop.items using (id > 0); create policy by_people on shop.items using (exists (select from shop.people p where p.id = owner_id));
    create view shop.both as select i.id from shop.items i join shop.people p on p.id = i.owner_id;
    create table shop.parts (id int) partition by list (id); create table crm.part_1 partition of shop.parts for values in (1)`);
});
afterAll(() => pair.close());
const planOnly = async (...only: { schema: string; name: string | null }[]) => {
  const { before, after, leftOut } = await pair.plan({ only });
  return { actions: names([...before, ...after]), leftOut: leftOut.map((one) => one.subject) };
};

describe("narrowFacts()", () => {
  it("narrowFacts() takes a table with all it needs and nothing else", async () => {
    const { actions } = await planOnly({ schema: "shop", name: "items" });
    for (const wanted of ["create schema shop", "create schema crm", "create type crm.mood", "create sequence crm.numbers", "create function shop.slug(text)", "create table shop.items",
      "create constraint items_self_fkey of shop.items", "create index shop.items_mood_idx", "create trigger pass of shop.items", "create function shop.pass()", "create policy free of shop.items", "create comment on table shop.items"]) {
      expect(actions).toContain(wanted);
    }
    expect(actions.filter((name) => /people|other|both|parts/.test(name))).toEqual([]);
  });

  it("narrowFacts() leaves out foreign keys and policies that need a table nobody asked for, and names them", async () => {
    const { leftOut } = await planOnly({ schema: "shop", name: "items" });
    expect(leftOut).toEqual(expect.arrayContaining(["constraint items_owner_id_fkey of shop.items", "policy by_people of shop.items"]));
    const { actions } = await planOnly({ schema: "shop", name: "items" }, { schema: "shop", name: "people" });
    expect(actions).toEqual(expect.arrayContaining(["create constraint items_owner_id_fkey of shop.items", "create policy by_people of shop.items"]));
  });

  it("narrowFacts() uses a table that the target has", async () => {
    await pair.target.query("create schema shop; create table shop.people (id int primary key)");
    const { actions, leftOut } = await planOnly({ schema: "shop", name: "items" });
    expect(actions).toContain("create constraint items_owner_id_fkey of shop.items");
    expect(actions).not.toContain("create table shop.people");
    expect(leftOut).toEqual([]);
    await pair.target.query("drop schema shop cascade");
  });

  it("narrowFacts() brings a partition's parent, a view's tables and a whole schema", async () => {
    expect((await planOnly({ schema: "crm", name: "part_1" })).actions).toEqual(expect.arrayContaining(["create table shop.parts", "create table crm.part_1"]));
    expect((await planOnly({ schema: "shop", name: "both" })).actions).toEqual(expect.arrayContaining(["create table shop.items", "create table shop.people", "create view shop.both"]));
    const { actions } = await planOnly({ schema: "shop", name: null });
    expect(actions).toEqual(expect.arrayContaining(["create table shop.other", "create view shop.both", "create type crm.mood"]));
    expect(actions).not.toContain("create table crm.part_1");
  });
});
