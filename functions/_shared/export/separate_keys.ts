import type { Action } from "@supabase/pg-delta/plan";
import { splitClauses } from "./order_columns.ts";

const TABLE = /^CREATE (?:UNLOGGED )?TABLE ((?:"(?:[^"]|"")*"\.)?"(?:[^"]|"")*") \((.*)\)$/s;
const KEY = /^CONSTRAINT "(?:[^"]|"")*" (?:PRIMARY KEY|UNIQUE(?: NULLS NOT DISTINCT)?) /;

/**
 * Takes a key of the same columns as another one out of CREATE TABLE: the server would make only one of them, without a word. Tables
 * whose primary key has a unique constraint beside it are common.
 */
export function separateKeys(actions: readonly Action[]): Action[] {
  return actions.flatMap((action) => {
    const [, table = "", list = ""] = TABLE.exec(action.sql) ?? [];
    const clauses = splitClauses(list);
    const [id, ...rest] = action.produces;
    const folded = rest.filter((one) => one.kind === "column" || one.kind === "constraint");
    if (id?.kind !== "table" || clauses.length !== folded.length) return [action];
    const seen = new Set<string>();
    const separate: Action[] = [];
    const kept = clauses.filter((clause, at) => {
      const [head] = KEY.exec(clause) ?? [];
      const made = folded[at];
      const columns = head === undefined ? "" : clause.slice(head.length);
      if (head === undefined || made === undefined || !seen.has(columns)) {
        if (head !== undefined) seen.add(columns);
        return true;
      }
      separate.push({ ...action, sql: `ALTER TABLE ${table} ADD ${clause}`, produces: [made], consumes: [id] });
      return false;
    });
    if (separate.length === 0) return [action];
    const gone = new Set(separate.flatMap(({ produces }) => produces));
    const sql = `${action.sql.slice(0, action.sql.length - list.length - 1)}${kept.join(", ")})`;
    return [{ ...action, sql, produces: action.produces.filter((one) => !gone.has(one)) }, ...separate];
  });
}
