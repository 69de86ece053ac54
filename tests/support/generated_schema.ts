import fc from "fast-check";

/** Statements that make a database of every kind of object a backup covers, and rows for its tables. */
export interface GeneratedSchema {
  statements: string[];
}

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Names that need quotes, look like keywords, hold what separates parts of keys and paths, or are long. */
const NAMES = ["orders", "Order Lines", "select", "ü–β", "a.b", "with\"quote", "it's", "UPPER", "tab\tname", "per%cent", "dash-ed", "x".repeat(60), "日本", "$1", "né\\n"];

interface ColumnType {
  type: string;
  /** An expression of row number n. */
  value: string;
  /** Usable in a btree index. */
  sortable: boolean;
}

const TYPES: readonly ColumnType[] = [
  { type: "integer", value: "n", sortable: true },
  { type: "bigint", value: "n * 9007199254740993", sortable: true },
  { type: "smallint", value: "n % 30000", sortable: true },
  { type: "numeric", value: "n / 7.0", sortable: true },
  { type: "numeric(12,3)", value: "n / 8.0", sortable: true },
  { type: "double precision", value: "case n % 5 when 0 then 'NaN' when 1 then '-Infinity' else (n / 3.0)::text end::double precision", sortable: true },
  { type: "real", value: "(n / 3.0)::real", sortable: true },
  { type: "text", value: "case n % 4 when 0 then '' when 1 then E'tab\\tnew\\nline\\\\N' when 2 then null else repeat('ü', n % 9) end", sortable: true },
  { type: "character varying(40)", value: "left(md5(n::text), n % 30)", sortable: true },
  { type: "character(6)", value: "left(n::text, 3)", sortable: true },
  { type: "boolean", value: "n % 3 = 0", sortable: true },
  { type: "date", value: "date '1900-01-01' + n", sortable: true },
  { type: "timestamp with time zone", value: "case when n % 7 = 0 then 'infinity' else (timestamptz '2026-01-01 UTC' + n * interval '1 day 1 second') end", sortable: true },
  { type: "timestamp(3) without time zone", value: "timestamp '2026-01-01' + n * interval '1.234 second'", sortable: true },
  { type: "interval", value: "n * interval '1 month 2 days 3.4 seconds'", sortable: true },
  { type: "uuid", value: "md5(n::text)::uuid", sortable: true },
  { type: "bytea", value: "decode(md5(n::text), 'hex')", sortable: true },
  { type: "jsonb", value: "jsonb_build_object('n', n, 'text', E'\"\\\\')", sortable: false },
  { type: "json", value: "json_build_object('n', n)", sortable: false },
  { type: "inet", value: "inet '10.0.0.0' + n", sortable: true },
  { type: "bit varying(20)", value: "n::bit(12)", sortable: true },
  { type: "integer[]", value: "array[n, null, -n]", sortable: true },
  { type: "text[]", value: "array['a,b', '\"', '', null, n::text]", sortable: true },
  { type: "point", value: "point(n, -n)", sortable: false },
  { type: "tsvector", value: "to_tsvector('simple', 'word' || n)", sortable: false },
  { type: "int4range", value: "int4range(n, n + 3)", sortable: true },
  { type: "xml", value: "('<a n=\"' || n || '\"/>')::xml", sortable: false },
  { type: "money", value: "n::money", sortable: true },
];

const table = fc.record({
  name: fc.constantFrom(...NAMES), schema: fc.nat(2), columns: fc.uniqueArray(fc.nat(TYPES.length - 1), { minLength: 1, maxLength: 6 }),
  key: fc.constantFrom("identity" as const, "identity by default" as const, "serial" as const, "uuid" as const, "composite" as const, "none" as const),
  rows: fc.constantFrom(0, 1, 7, 60), features: fc.nat(2 ** 14 - 1), unlogged: fc.boolean(),
});

const plan = fc.record({
  schemas: fc.uniqueArray(fc.constantFrom("public", "Billing & Co", "crm", "auth2", "Ü"), { minLength: 3, maxLength: 3 }),
  tables: fc.uniqueArray(table, { minLength: 3, maxLength: 6, selector: (one) => one.name }),
  features: fc.nat(2 ** 16 - 1),
  partitioning: fc.constantFrom("range", "list", "hash"),
});

const has = (features: number, bit: number): boolean => (features >> bit) % 2 === 1;

/** Schemas with rows, as PostgreSQL accepts them from a role that is no superuser. */
export const generatedSchema: fc.Arbitrary<GeneratedSchema> = plan.map(({ schemas, tables, features, partitioning }) => {
  const statements: string[] = [];
  const [first = "public", second = "crm"] = schemas;
  for (const schema of schemas) if (schema !== "public") statements.push(`create schema ${quote(schema)}`);
  if (has(features, 0)) statements.push(`comment on schema ${quote(second)} is 'quote '' and ünicode'`);
  if (has(features, 1)) statements.push(`grant usage on schema ${quote(second)} to anon, authenticated`);
  if (has(features, 2)) statements.push(`alter default privileges in schema ${quote(second)} grant select on tables to anon`);
  if (has(features, 3)) statements.push(`alter default privileges in schema ${quote(first)} revoke execute on functions from public`);
  const at = (schema: string, name: string) => `${quote(schema)}.${quote(name)}`;

  // Types that others use, and functions that a load calls.
  const mood = at(first, "Mood");
  const amount = at(second, "amount");
  const address = at(first, "address");
  const span = at(second, "span");
  const isFine = at(first, "is fine");
  const slug = at(second, "slug");
  statements.push(
    `create type ${mood} as enum ('sad', 'it''s ok', 'Happy', '')`, `alter type ${mood} add value 'first' before 'sad'`,
    `create function ${isFine}(p_value numeric) returns boolean language plpgsql immutable set search_path = '' as $f$ begin return p_value is null or p_value > -1000000; end; $f$`,
    `create domain ${amount} as numeric(14,2) default 0 constraint ${quote("not tiny")} check (value > -1e9) check (${isFine}(value))`,
    `create type ${address} as (street text, ${quote("Zip Code")} varchar(10), worth ${amount})`,
    `create type ${span} as range (subtype = date)`,
    `create function ${slug}(p_text text) returns text language sql immutable set search_path = '' as $f$ select lower(pg_catalog.regexp_replace(coalesce(p_text, ''), '[^a-zA-Z]', '-', 'g')) $f$`,
    `create function ${at(first, "refuse")}() returns trigger language plpgsql set search_path = '' as $f$ begin raise exception 'fired while rows were restored'; end; $f$`,
    `create function ${at(first, "pass")}() returns trigger language plpgsql set search_path = '' as $f$ begin return new; end; $f$`,
    `create sequence ${at(second, "Number of")} start 1000 increment 7 maxvalue 90000 cycle cache 5`, `select nextval(${literal(at(second, "Number of"))})`,
  );
  if (has(features, 4)) statements.push(`comment on domain ${amount} is 'money of all kinds'`, `comment on type ${mood} is 'how it is'`);
  if (has(features, 5)) statements.push(`create collation ${at(first, "plain")} from "C"`);

  const made: { id: string; schema: string; name: string; keys: string[] | null; sortable: string | null; rows: number }[] = [];
  // What would refuse the statements before it.
  const last: string[] = [];
  for (const one of tables) {
    const schema = schemas[one.schema] ?? first;
    const id = at(schema, one.name);
    const columns: { name: string; definition: string; value: string | null }[] = [];
    let keys: string[] | null = null;
    if (one.key === "identity" || one.key === "identity by default") {
      columns.push({ name: "Id", definition: `bigint generated ${one.key === "identity" ? "always" : "by default"} as identity (start 5 increment 3)`, value: null });
      keys = ["Id"];
    } else if (one.key === "serial") {
      columns.push({ name: "id", definition: "serial", value: null });
      keys = ["id"];
    } else if (one.key === "uuid") {
      columns.push({ name: "id", definition: "uuid default gen_random_uuid()", value: null });
      keys = ["id"];
    } else if (one.key === "composite") {
      columns.push({ name: "tenant", definition: "integer not null", value: "n % 3" }, { name: "no.", definition: "integer not null", value: "n" });
      keys = ["tenant", "no."];
    }
    if (has(one.features, 13)) columns.push({ name: "made", definition: `text default ${slug}('Made Up')`, value: null });
    for (const [position, index] of one.columns.entries()) {
      const { type, value } = TYPES[index] ?? { type: "text", value: "n::text" };
      const name = `${position}_${NAMES[(index + position) % NAMES.length] ?? "c"}`.slice(0, 50);
      const options = type === "integer" && has(one.features, 0) ? " not null default 42" : type === "text" && has(one.features, 0) ? ` collate "C" default 'it''s'` : "";
      columns.push({ name, definition: `${type}${options}`, value });
    }
    if (has(one.features, 1)) columns.push({ name: "mood", definition: `${mood} default 'Happy'`, value: "(array['sad', '', null])[1 + n % 3]::" + mood });
    if (has(one.features, 2)) columns.push({ name: "Price", definition: `${amount} not null`, value: "n / 4.0" });
    if (has(one.features, 3)) columns.push({ name: "where", definition: address, value: `row('Str. ' || n, 'D-' || n, n)::${address}` });
    if (has(one.features, 4)) columns.push({ name: "span", definition: span, value: `${span}(date '2026-01-01', date '2026-01-01' + n)` });
    columns.push({ name: "label", definition: "text", value: "'L ' || n" });
    if (has(one.features, 5)) columns.push({ name: "gen", definition: `text generated always as (${slug}(label)) stored`, value: null });
    if (has(one.features, 6)) columns.push({ name: "dropped", definition: "integer", value: null });
    const primary = keys === null ? [] : [`constraint ${quote(`${one.name.slice(0, 40)} key`)} primary key (${keys.map(quote).join(", ")})`];
    statements.push(`create ${one.unlogged ? "unlogged " : ""}table ${id} (${[...columns.map((column) => `${quote(column.name)} ${column.definition}`), ...primary].join(", ")})${has(one.features, 7) ? " with (fillfactor = 70)" : ""}`);
    if (has(one.features, 6)) statements.push(`alter table ${id} drop column dropped`);
    const filled = columns.filter((column) => column.value !== null);
    if (one.rows > 0) {
      statements.push(`insert into ${id} (${filled.map((column) => quote(column.name)).join(", ")}) select ${filled.map((column) => column.value).join(", ")} from generate_series(1, ${one.rows}) n`);
      if (one.rows > 5) statements.push(`delete from ${id} where label = 'L 3'`);
    }
    statements.push(`alter table ${id} add constraint ${quote("label is short")} check (length(label) < 100)`);
    if (has(one.features, 2)) statements.push(`alter table ${id} add check (${isFine}(${quote("Price")}))`);
    if (has(one.features, 8)) last.push(`alter table ${id} add constraint ${quote(`late ${one.name.slice(0, 40)}`)} check (label <> 'L 1') not valid`);
    statements.push(`create index on ${id} (lower(label) desc nulls last) where label is not null`);
    if (keys !== null && has(one.features, 9)) statements.push(`alter table ${id} add unique (label, ${keys.map(quote).join(", ")})`);
    const sortable = filled.find((column) => TYPES.some((type) => type.sortable && column.definition.startsWith(type.type)))?.name ?? null;
    if (sortable !== null) statements.push(`create index ${quote(`${one.name.slice(0, 40)} idx`)} on ${id} (${quote(sortable)}) include (label)`);
    if (has(one.features, 4)) statements.push(`alter table ${id} add constraint ${quote(`${one.name.slice(0, 40)} excl`)} exclude using gist (span with =, int4range(length(label), length(label), '[]') with &&) where (label = 'never')`);
    if (has(one.features, 10)) {
      statements.push(`alter table ${id} enable row level security`);
      if (has(one.features, 11)) statements.push(`alter table ${id} force row level security`);
      statements.push(`create policy ${quote("see own ")} on ${id} for select to authenticated, anon using (label = current_setting('request.jwt.claims', true))`,
        `create policy blocked on ${id} as restrictive for update to public using (true) with check (label <> ${literal("it's")})`);
      statements.push(`comment on policy blocked on ${id} is 'restrictive'`);
    }
    if (has(one.features, 11)) statements.push(`grant select, insert on ${id} to authenticated with grant option`, `grant update (label) on ${id} to anon`, `revoke all on ${id} from service_role`);
    if (has(one.features, 12)) statements.push(`comment on table ${id} is ${literal(`of ${one.name}`)}`, `comment on column ${id}.label is 'what it says'`);
    if (has(one.features, 13) && keys !== null) statements.push(`alter table ${id} replica identity full`);
    last.push(`create trigger ${quote("zz refuse")} before insert or delete on ${id} for each row execute function ${at(first, "refuse")}()`,
      `create trigger checked after update of label on ${id} for each row when (old.label is distinct from new.label) execute function ${at(first, "pass")}()`);
    if (has(one.features, 7)) last.push(`alter table ${id} disable trigger checked`, `alter table ${id} enable always trigger ${quote("zz refuse")}`);
    made.push({ id, schema, name: one.name, keys, sortable, rows: one.rows });
  }

  // Foreign keys: a table to itself and to others, in a circle.
  for (const [position, one] of made.entries()) {
    const other = made[(position + 1) % made.length];
    const unlogged = tables[position]?.unlogged === true;
    const persistent = tables[(position + 1) % made.length]?.unlogged !== true;
    if (other?.keys?.length !== 1 || !(unlogged || persistent)) continue;
    const key = other.keys[0] ?? "";
    const type = key === "Id" ? "bigint" : tables[(position + 1) % made.length]?.key === "uuid" ? "uuid" : "integer";
    statements.push(`alter table ${one.id} add column ${quote("refers to")} ${type}`,
      `update ${one.id} set ${quote("refers to")} = (select min(o.${quote(key)}::text) from ${other.id} o)::${type}`,
      `alter table ${one.id} add constraint ${quote("refers")} foreign key (${quote("refers to")}) references ${other.id} (${quote(key)}) on delete set null on update cascade deferrable initially deferred`,
      `create index on ${one.id} (${quote("refers to")})`);
  }

  // Partitions, and a child that inherits.
  const parts = at(second, "Parts");
  statements.push(`create table ${parts} (${quote("Key")} integer not null, region text not null default 'eu', at date not null default '2026-02-03', primary key (${quote("Key")}, region, at)) partition by ${partitioning} (${partitioning === "range" ? "at" : partitioning === "list" ? "region" : quote("Key")})`);
  if (partitioning === "range") {
    statements.push(`create table ${at(first, "Parts 2026")} partition of ${parts} for values from ('2026-01-01') to ('2027-01-01') partition by list (region)`,
      `create table ${at(first, "Parts 2026 eu")} partition of ${at(first, "Parts 2026")} for values in ('eu', 'uk')`,
      `create table ${at(first, "Parts 2026 rest")} partition of ${at(first, "Parts 2026")} default`, `create table ${at(second, "Parts old")} partition of ${parts} default`);
  } else if (partitioning === "list") {
    statements.push(`create table ${at(first, "Parts eu")} partition of ${parts} for values in ('eu', null)`, `create table ${at(second, "Parts rest")} partition of ${parts} default`);
  } else statements.push(...[0, 1, 2].map((remainder) => `create table ${at(first, `Parts ${remainder}`)} partition of ${parts} for values with (modulus 3, remainder ${remainder})`));
  statements.push(`create index ${quote("parts by region")} on ${parts} (region desc)`,
    `insert into ${parts} select n, (array['eu', 'us', 'uk'])[1 + n % 3], date '2025-12-20' + n from generate_series(1, 40) n`,
    `create table ${at(first, "Ancestor")} (id integer primary key, note text check (note <> 'no'))`,
    `create table ${at(second, "Descendant")} (extra numeric default 1.50) inherits (${at(first, "Ancestor")})`,
    `insert into ${at(first, "Ancestor")} select n, 'a' from generate_series(1, 5) n`, `insert into ${at(second, "Descendant")} select n, 'd', n from generate_series(1, 4) n`);

  // Views on tables, on views, grouped by a primary key; functions that read views; materialized views.
  const base = made.find((one) => one.keys !== null) ?? made[0];
  if (base !== undefined) {
    const flat = at(second, "flat view");
    const key = base.keys?.map((name) => `t.${quote(name)}`).join(", ");
    statements.push(`create view ${flat} with (security_invoker = true) as select ${key === undefined ? "" : `${key}, `}t.label, count(*) as ${quote("How Many")} from ${base.id} t group by ${key === undefined ? "t.label" : key}`,
      `create view ${at(first, "upper view")} as select v.label, sum(v.${quote("How Many")}) as total from ${flat} v group by v.label`,
      `comment on view ${flat} is 'flat'`,
      `create function ${at(second, "rows of view")}() returns setof ${flat} language sql stable as $f$ select * from ${flat} $f$`,
      `create function ${at(second, "total")}() returns numeric language sql stable begin atomic; select sum(u.total) from ${at(first, "upper view")} u; end`,
      `create materialized view ${at(second, "mat")} as select u.label, u.total, ${slug}(u.label) as slug from ${at(first, "upper view")} u`,
      `create unique index on ${at(second, "mat")} (label)`,
      `create rule ${quote("no delete")} as on delete to ${base.id} do instead nothing`);
    if (has(features, 6)) statements.push(`create publication ${quote("Some tables")} for table ${made.filter((_, index) => tables[index]?.unlogged !== true).map((one) => one.id).slice(0, 2).join(", ") || parts}`);
    if (has(features, 7)) statements.push(`grant select on ${flat} to anon`, `grant execute on function ${at(second, "total")}() to authenticated`);
  }
  // What the schema engine does not model.
  if (has(features, 10)) {
    const words = at(first, "Words");
    statements.push(`create text search dictionary ${at(first, "Exact Words")} (template = simple, accept = false)`, `create text search configuration ${words} (copy = simple)`,
      `alter text search configuration ${words} alter mapping for word, asciiword with ${at(first, "Exact Words")}, simple`,
      `create table ${at(second, "Articles")} (body text, found tsvector generated always as (to_tsvector(${literal(words)}, body)) stored)`,
      `insert into ${at(second, "Articles")} values ('some words'), (null)`, `create index on ${at(second, "Articles")} using gin (found)`);
  }
  if (has(features, 11)) {
    statements.push(`create function ${at(first, "resembles")}(text, ${mood}) returns boolean language sql immutable as 'select $1 = $2::text'`,
      `create operator ${quote(first)}.~== (leftarg = text, rightarg = ${mood}, function = ${at(first, "resembles")})`, `comment on operator ${quote(first)}.~== (text, ${mood}) is 'much alike'`,
      `create function ${at(second, "to address")}(text) returns ${address} language sql immutable as 'select row($1, null, null)::${address}'`, `create cast (text as ${address}) with function ${at(second, "to address")}(text) as assignment`,
      `create view ${at(second, "Alike")} as select m from unnest(enum_range(null::${mood})) m where 'sad' operator(${quote(first)}.~==) m`,
      `create aggregate ${at(first, "any of")}(variadic p_items text[]) (sfunc = array_cat, stype = text[])`);
  }
  if (has(features, 12)) {
    statements.push(`create statistics ${at(second, "Of Parts")} (ndistinct, dependencies) on region, at from ${parts}`, `comment on statistics ${at(second, "Of Parts")} is 'for plans'`,
      `alter table ${at(first, "Ancestor")} alter note set storage external, alter id set statistics 500, alter note set (n_distinct = -0.25)`,
      `create table ${at(first, "Other Ancestor")} (born date default '2026-01-01')`, `create table ${at(second, "Heir")} (id integer, own text) inherits (${at(first, "Ancestor")}, ${at(first, "Other Ancestor")})`,
      `insert into ${at(second, "Heir")} values (7, 'mine', '2026-02-02', 'own')`, `alter table ${at(second, "Heir")} alter born set default '2027-01-01', alter note set not null`,
      `comment on column ${at(second, "Heir")}.born is 'of the other'`, `grant select (born) on ${at(second, "Heir")} to anon`);
    if (base !== undefined) statements.push(`comment on column ${at(second, "flat view")}.label is 'seen'`, `grant select (label) on ${at(second, "flat view")} to authenticated`);
    statements.push(`create domain ${at(first, "Sure")} as text not null`, `create unlogged sequence ${at(first, "Passing")}`, `create table ${at(second, "Typed")} of ${address} (street not null)`);
  }
  if (has(features, 8)) statements.push(`create procedure ${at(first, "do it")}(p_n integer, inout p_m text default 'x') language plpgsql as $f$ begin p_m := p_m || p_n; end; $f$`);
  if (has(features, 9)) statements.push(`create aggregate ${at(first, "glue")}(text) (sfunc = textcat, stype = text, initcond = '')`);
  statements.push(...last);
  return { statements };
});
