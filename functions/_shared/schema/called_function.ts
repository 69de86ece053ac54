import type { Fact, StableId } from "@supabase/pg-delta/core";

/** Literals of a definition, which may hold any words, and quoted identifiers, which stay. */
const QUOTED = /"(?:[^"]|"")*"|'(?:[^']|'')*'/g;
const CALL = / EXECUTE (?:FUNCTION|PROCEDURE) ("(?:[^"]|"")+"|[^\s".(]+)\.("(?:[^"]|"")+"|[^\s".(]+)\(/;

const unquoted = (name: string) => (name.startsWith("\"") ? name.slice(1, -1).replaceAll("\"\"", "\"") : name);

/** The function that a trigger or an event trigger calls; undefined for other facts and for functions of PostgreSQL itself. */
export function calledFunction({ id, payload }: Pick<Fact, "id" | "payload">): Extract<StableId, { args: string[] }> | undefined {
  if (id.kind === "eventTrigger") {
    const { functionSchema: schema, functionName: name } = payload;
    return typeof schema === "string" && typeof name === "string" && schema !== "pg_catalog" ? { kind: "function", schema, name, args: [] } : undefined;
  }
  if (id.kind !== "trigger") return undefined;
  const [, schema, name] = CALL.exec(String(payload["def"]).replace(QUOTED, (text) => (text.startsWith("'") ? "''" : text))) ?? [];
  return schema === undefined || name === undefined ? undefined : { kind: "function", schema: unquoted(schema), name: unquoted(name), args: [] };
}
