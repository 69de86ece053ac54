import fc from "fast-check";
import { quote } from "./generated_schema.ts";

/** What the columns of awkward tables are made of, in schema shop: types, and functions that the tables may need before they are there. */
export const AWKWARD_PRELUDE = `
  create schema shop;
  create type shop.mood as enum ('a', 'b, (c''');
  create type shop."kind, (of" as enum ('x', 'y');
  create domain shop.amount as integer check (value > 0);
  create domain shop.word as text default 'd, (' check (length(value) < 40);
  create type shop.pair as (x integer, y text);
  create function shop.code(integer default 1) returns text language sql immutable set search_path = '' as 'select $1::text';
  create function shop."z, (last"(text default 'q') returns text language sql immutable set search_path = '' as 'select $1';
  create function shop.turns(integer) returns integer language sql immutable set search_path = '' as 'select $1';
  create table shop.parent (p1 integer, p2 shop.mood);`;

const TABLES = ["t", "a, b (c", 'q"uote'];
const NAMES = ["a", "z", "b, c", "d (e", 'f"g', "h)", "order", "i'j", "K", "l.m"];

interface Kind {
  type: string;
  defaults: readonly string[];
  /** An expression over a column of this type for generated columns and checks, as SQL that takes the quoted name. */
  uses: readonly ((name: string) => string)[];
}

const KINDS: readonly Kind[] = [
  { type: "integer", defaults: ["7", "shop.turns(3)", "length('a, (')"], uses: [(c) => `${c} * 2`, (c) => `shop.code(${c})`, (c) => `shop.turns(${c})`] },
  { type: "text", defaults: ["'x, (y'", "E'\\\\'','", "shop.code()", "shop.\"z, (last\"()"], uses: [(c) => `length(${c})`, (c) => `shop."z, (last"(${c})`, (c) => `${c} || ', ('`] },
  { type: 'text collate "C"', defaults: ["'c'"], uses: [(c) => `upper(${c})`] },
  { type: "numeric(6,2)", defaults: ["1.5"], uses: [(c) => `${c} + 1`] },
  { type: "character varying(10)", defaults: ["'v'"], uses: [(c) => `length(${c})`] },
  { type: "shop.mood", defaults: ["'a'", "'b, (c'''"], uses: [(c) => `${c} = 'a'::shop.mood`, (c) => `case when ${c} = 'b, (c''' then 1 else 2 end`] },
  { type: 'shop."kind, (of"', defaults: ["'x'"], uses: [(c) => `${c} = 'x'::shop."kind, (of"`] },
  { type: "shop.amount", defaults: ["5", "shop.turns(2)"], uses: [(c) => `${c} * 3`, (c) => `shop.turns(${c})`] },
  { type: "shop.word", defaults: ["'w'", "shop.code(2)"], uses: [(c) => `length(${c})`] },
  { type: "shop.pair", defaults: ["row(1, ', (')"], uses: [(c) => `(${c}).x`, (c) => `shop.turns((${c}).x)`] },
  { type: "shop.mood[]", defaults: ["array['a', 'b, (c''']::shop.mood[]"], uses: [(c) => `cardinality(${c})`] },
  { type: "integer[]", defaults: ["array[1, 2]"], uses: [(c) => `${c}[1]`] },
];
const INTEGER = 0;

const column = fc.record({
  kind: fc.nat(KINDS.length - 1), look: fc.constantFrom("plain", "plain", "default", "generated", "identity", "serial", "check"),
  variant: fc.nat(5), of: fc.nat(9), notNull: fc.boolean(),
});
const columns = (maxLength: number) => fc.array(column, { maxLength });

const table = fc.record({
  names: fc.shuffledSubarray(NAMES, { minLength: NAMES.length }), first: columns(5), joins: fc.array(fc.record({
    needs: fc.constantFrom("row type", "row type", "returned row", "default", "nothing"), then: columns(2) }), { maxLength: 3 }),
  dropped: fc.nat(12), constraints: fc.array(fc.record({ kind: fc.constantFrom("check", "check", "unique", "exclude", "row", "key"), of: fc.nat(9), and: fc.nat(9) }), { maxLength: 3 }),
  shape: fc.constantFrom("plain", "plain", "plain", "unlogged", "inherits", "partitioned", "sub-parent"),
});

type Column = typeof column extends fc.Arbitrary<infer T> ? T : never;
type Table = typeof table extends fc.Arbitrary<infer T> ? T : never;

interface Made { name: string; kind: number; generated: boolean }

function clauseOf({ kind, look, variant, of, notNull }: Column, name: string, made: Made[]): string {
  const plain = made.filter((one) => !one.generated);
  const chosen = look === "identity" || look === "serial" ? INTEGER : kind;
  const { type, defaults, uses } = KINDS[chosen] ?? { type: "integer", defaults: [], uses: [] };
  const required = notNull ? " not null" : "";
  const other = plain[of % Math.max(1, plain.length)];
  made.push({ name, kind: chosen, generated: look === "generated" && other !== undefined });
  const use = uses[variant % uses.length] ?? ((column) => column);
  if (look === "default") return `${name} ${type} default ${defaults[variant % defaults.length] ?? "null"}${required}`;
  if (look === "identity") return `${name} integer generated ${variant % 2 === 0 ? "always" : "by default"} as identity`;
  if (look === "serial") return `${name} serial`;
  if (look === "check") return `${name} ${type}${required} check (${use(name)} is not null)`;
  if (look !== "generated" || other === undefined) return `${name} ${type}${required}`;
  const expression = (KINDS[other.kind]?.uses ?? [])[variant % (KINDS[other.kind]?.uses.length ?? 1)]?.(other.name) ?? "1";
  return `${name} text generated always as ((${expression})::text) stored`;
}

function statementsOf(one: Table, at: number): string[] {
  const plain = TABLES[at] ?? `t${at}`;
  const place = `shop.${quote(plain)}`;
  const names = [...one.names];
  const made: Made[] = [];
  const next = (each: Column) => clauseOf(each, quote(names.pop() ?? `n${made.length}`), made);
  const list = one.first.slice(0, 6).map(next);
  const isPartitioned = one.shape === "partitioned";
  if (isPartitioned) list.splice(list.length >> 1, 0, "part integer");
  const statements = [`create ${one.shape === "unlogged" ? "unlogged " : ""}table ${place} (${list.join(", ")})${one.shape === "inherits" ? " inherits (shop.parent)" : ""}${isPartitioned ? " partition by list (part)" : ""}`];
  for (const [nth, { needs, then }] of one.joins.entries()) {
    const name = quote(names.pop() ?? `j${nth}`);
    const fn = `shop.${quote(`${plain} ${needs} ${nth}`)}`;
    // A partitioned table has all of its columns from the start, so the schema engine finds no order for these.
    if (isPartitioned && needs !== "default") continue;
    const input = made.find((each) => !each.generated && each.kind === INTEGER)?.name ?? "1";
    if (needs === "row type") {
      statements.push(`create function ${fn}(${place}) returns text language sql immutable set search_path = '' as 'select ''r'''`);
      statements.push(`alter table ${place} add ${name} text generated always as (${fn}(null::${place}) || ${input}) stored`);
    } else if (needs === "returned row") {
      statements.push(`create function ${fn}(integer) returns ${place} language sql immutable set search_path = '' as 'select null::${place.replaceAll("'", "''")}'`);
      statements.push(`alter table ${place} add ${name} boolean generated always as (${fn}(${input}) is null) stored`);
    } else if (needs === "default") {
      statements.push(`create function ${fn}() returns ${place} language sql stable set search_path = '' as 'select null::${place.replaceAll("'", "''")}'`);
      statements.push(`alter table ${place} add ${name} boolean default (${fn}() is null)`);
    }
    if (needs !== "nothing") made.push({ name, kind: -1, generated: true });
    for (const each of then.filter(() => names.length > 0)) statements.push(`alter table ${place} add ${next(each)}`);
  }
  const of = (index: number) => made[index % Math.max(1, made.length)]?.name ?? "nothing";
  for (const [nth, { kind, of: first, and }] of one.constraints.entries()) {
    const name = quote(`c${nth}, (x`);
    const both = [...new Set([of(first), of(and)])];
    if (kind === "check") statements.push(`alter table ${place} add constraint ${name} check (${both.map((each) => `${each} is not null`).join(" or ")})`);
    if (kind === "row") statements.push(`create function shop.${quote(`${plain} ok ${nth}`)}(${place}) returns boolean language sql immutable set search_path = '' as 'select true'`,
      `alter table ${place} add constraint ${name} check (shop.${quote(`${plain} ok ${nth}`)}(${quote(plain)}) and ${of(first)} is not null)`);
    if (kind === "unique") statements.push(`alter table ${place} add constraint ${name} unique (${both.join(", ")})`);
    if (kind === "key") statements.push(`alter table ${place} add primary key (${both.join(", ")})`);
    if (kind === "exclude") statements.push(`alter table ${place} add constraint ${name} exclude using btree (${of(first)} with =) where (${of(and)} is not null)`);
  }
  const gone = made[one.dropped];
  if (gone !== undefined) statements.push(`alter table ${place} drop column ${gone.name}`);
  if (isPartitioned) statements.push(`create table shop.${quote(`${plain} part`)} partition of ${place} for values in (1)`);
  if (one.shape === "sub-parent") statements.push(`create table shop.${quote(`${plain} child`)} ("own, (" shop.mood, "y" integer default shop.turns(1)) inherits (${place})`,
    `create table shop.${quote(`${plain} grandchild`)} (last integer) inherits (shop.${quote(`${plain} child`)})`);
  return statements;
}

/**
 * Statements that make tables whose columns need what comes later: types and functions of the schema, the table's own row type, and
 * each other. The server may refuse one of them, as not every type can be compared, which then is not there.
 */
export const awkwardTables: fc.Arbitrary<string[]> = fc.array(table, { minLength: 1, maxLength: TABLES.length })
  .map((tables) => tables.flatMap(statementsOf));
