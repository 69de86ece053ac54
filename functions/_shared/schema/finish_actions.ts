import { encodeId, type Fact, type FactBase, type StableId } from "@supabase/pg-delta/core";
import type { Action } from "@supabase/pg-delta/plan";
import { z } from "zod";
import { ADD_COLUMN } from "../export/order_columns.ts";
import { ancestorsOf } from "./ancestors_of.ts";
import { FURTHER, type FurtherKind } from "./further_kinds.ts";

const isFurther = (id: StableId, kind: FurtherKind): boolean => id.kind === "extensionIntent" && id.ext === FURTHER && id.intentKind === kind;

const quoted = (name: unknown): string => `"${String(name).replaceAll('"', '""')}"`;

/** What a further object changes in the statement that makes `maker`, its parent. */
function rewriteOf(fact: Fact, maker: Fact): ((sql: string) => string) | undefined {
  if (isFurther(fact.id, "virtual column")) {
    const clause = `GENERATED ALWAYS AS (${String(maker.payload["generatedExpr"])}) `;
    return (sql) => sql.replace(`${clause}STORED`, () => `${clause}VIRTUAL`);
  }
  // The engine hides what may be a secret and is none.
  if (isFurther(fact.id, "foreign options")) {
    const pairs = z.array(z.tuple([z.string(), z.string()])).parse(JSON.parse(String(fact.payload["what"])));
    return (sql) => pairs.reduce((text, [name, value]) => text.replace(`'__OPTION_${name.toUpperCase()}__'`, () => `'${value.replaceAll("'", "''")}'`), sql);
  }
  // Otherwise it is made with all partitions.
  if (isFurther(fact.id, "index of some")) return (sql) => sql.replace(/^(CREATE (?:UNIQUE )?INDEX (?:"(?:[^"]|"")*"|[^" ]+) ON )ONLY /, "$1only ");
  // The engine names the types alone, which loses VARIADIC and the names.
  if (isFurther(fact.id, "aggregate arguments") && maker.id.kind === "aggregate") {
    const head = `CREATE AGGREGATE ${quoted(maker.id.schema)}.${quoted(maker.id.name)}(`;
    return (sql) => (sql.startsWith(head) ? `${head}${String(fact.payload["what"])}${sql.slice(sql.indexOf(") (SFUNC = "))}` : sql);
  }
  const parent = maker.payload["parentTable"];
  if (typeof parent !== "object" || parent === null || !("schema" in parent) || !("name" in parent) || maker.id.kind !== "table") return undefined;
  const parentName = `${quoted(parent.schema)}.${quoted(parent.name)}`;
  if (isFurther(fact.id, "further parents")) return (sql) => sql.replace(` INHERITS (${parentName})`, () => ` INHERITS (${parentName}, ${String(fact.payload["what"])})`);
  if (!isFurther(fact.id, "column order")) return undefined;
  const bound = String(maker.payload["partitionBound"]);
  const clause = ` PARTITION OF ${parentName} ${bound}`;
  const attached = `;\nALTER TABLE ${parentName} ATTACH PARTITION ${quoted(maker.id.schema)}.${quoted(maker.id.name)} ${bound}`;
  return (sql) => (sql.includes(clause) ? sql.replace(clause, () => ` (${String(fact.payload["what"])})`) + attached : sql);
}

/** The same column of the tables that a table inherits from, where it has it by itself as well. */
function inheritedColumns(id: StableId, desired: FactBase): Fact[] {
  return id.kind !== "column" ? [] : ancestorsOf({ kind: "table", schema: id.schema, name: id.table }, desired)
    .flatMap(({ schema, name }) => desired.get({ kind: "column", schema, table: name, name: id.name }) ?? []);
}

/** What a column is generated from goes without saying where its parents have the same, and before PostgreSQL 16 it may not be said. */
function clauseOf(sql: string, id: StableId, inherited: readonly Fact[], desired: FactBase): string {
  const expression = desired.get(id)?.payload["generatedExpr"];
  if (typeof expression !== "string" || inherited.some(({ payload }) => payload["generatedExpr"] !== expression)) return sql;
  return sql.replace(` GENERATED ALWAYS AS (${expression}) STORED`, "");
}

/**
 * Moves columns that a table also inherits into the statement that makes it: only there they may be named a second time. What
 * they need is there, as the parent has the same type.
 */
function repeatColumns(actions: readonly Action[], desired: FactBase): Action[] {
  const makers = new Map<string, number>();
  const finished: Action[] = [];
  for (const action of actions) {
    const [id] = action.produces;
    if (action.verb === "create" && id?.kind === "table") makers.set(encodeId(id), finished.length);
    const [head] = ADD_COLUMN.exec(action.sql) ?? [];
    const place = id?.kind === "column" ? makers.get(encodeId({ kind: "table", schema: id.schema, name: id.table })) : undefined;
    const maker = place === undefined ? undefined : finished[place];
    const list = maker === undefined ? null : /^(CREATE (?:UNLOGGED )?TABLE (?:"(?:[^"]|"")*"\.)?"(?:[^"]|"")*" \()(.*)(\) INHERITS \(.*)$/s.exec(maker.sql);
    const inherited = id === undefined ? [] : inheritedColumns(id, desired);
    if (id === undefined || head === undefined || place === undefined || maker === undefined || list === null || inherited.length === 0) {
      finished.push(action);
      continue;
    }
    const [, start = "", columns = "", end = ""] = list;
    finished[place] = { ...maker, sql: `${start}${columns}${columns === "" ? "" : ", "}${clauseOf(action.sql.slice(head.length), id, inherited, desired)}${end}`, produces: [...maker.produces, ...action.produces] };
  }
  return finished;
}

/** Default rights of the whole database that leave an owner less than PostgreSQL gives: what is granted is had already, so the rest has to go first. */
function lessenOwners(action: Action, lessened: Set<string>): Action {
  const [id] = action.produces;
  if (action.verb !== "create" || id?.kind !== "defaultPrivilege" || id.schema !== null || id.grantee !== id.role || lessened.has(encodeId(id))) return action;
  lessened.add(encodeId(id));
  const grant = / GRANT [A-Z, ]+ ON ([A-Z ]+) TO /.exec(action.sql);
  return grant === null || grant.index === undefined ? action : { ...action, sql: `${action.sql.slice(0, grant.index)} REVOKE ALL ON ${String(grant[1])} FROM ${quoted(id.role)};\n${action.sql}` };
}

/**
 * Says in the statement that makes a table what could not be said later: all of its parents, so that their columns come in the
 * order of the source and stay inherited; the order of a partition's own columns; columns that it has both from them and by itself; which generated columns are virtual; which index is not
 * on all partitions; which options are no secrets; and what the arguments of an aggregate are.
 */
export function finishActions(planned: readonly Action[], desired: FactBase): Action[] {
  const actions = repeatColumns(planned, desired);
  const makes = new Map<string, number>();
  actions.forEach((action, index) => {
    if (action.verb === "create") for (const id of action.produces) makes.set(encodeId(id), index);
  });
  // Rights with and without grant option are two statements, and the second takes nothing.
  const lessened = new Set<string>();
  const finished = actions.map((action) => lessenOwners(action, lessened));
  const said = new Set<string>();
  for (const action of actions) {
    const [id] = action.produces;
    const fact = id === undefined ? undefined : desired.get(id);
    const maker = fact?.parent === undefined ? undefined : desired.get(fact.parent);
    const place = maker === undefined ? undefined : makes.get(encodeId(maker.id));
    const making = place === undefined ? undefined : finished[place];
    if (fact === undefined || maker === undefined || place === undefined || making === undefined) continue;
    const sql = rewriteOf(fact, maker)?.(making.sql) ?? making.sql;
    if (sql === making.sql) continue;
    finished[place] = { ...making, sql, produces: [...making.produces, fact.id] };
    said.add(encodeId(fact.id));
  }
  const isSaid = (action: Action, index: number) => {
    const [id] = action.produces.length > 0 ? action.produces : action.consumes;
    return id !== undefined && said.has(encodeId(id)) && finished[index] === action;
  };
  return finished.filter((action, index) => !isSaid(action, index));
}
