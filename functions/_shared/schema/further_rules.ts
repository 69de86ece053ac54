import type { Fact } from "@supabase/pg-delta/core";
import type { PlanOptions } from "@supabase/pg-delta/plan";
import { FURTHER, FURTHER_KINDS } from "./further_kinds.ts";

type Rules = NonNullable<PlanOptions["intentRules"]>;
type KindRules = Rules extends Map<string, infer R> | ReadonlyMap<string, infer R> ? R : never;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => (text.includes("\\") ? "E" : "") + `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;

function statementsOf({ payload }: Fact): string[] {
  const { what, statements, owner, comment } = payload;
  return [
    ...(Array.isArray(statements) ? statements.map(String) : []),
    ...(typeof owner === "string" ? [`alter ${String(what)} owner to ${quoted(owner)}`] : []),
    ...(typeof comment === "string" ? [`comment on ${String(what)} is ${literal(comment)}`] : []),
  ];
}

const RULE = {
  create: (fact: Fact) => statementsOf(fact).map((sql) => ({ sql, lockClass: "none" as const })),
  drop: ({ payload: { undo, what } }: Fact) => ({ sql: typeof undo === "string" ? undo : `drop ${String(what)}`, lockClass: "none" as const }),
  attributes: { what: "replace", statements: "replace", undo: "replace", owner: "replace", comment: "replace" },
  weight: 90,
} satisfies KindRules;

/** How a plan makes what furtherObjects captured. */
// The planner looks them up by this key.
export const FURTHER_RULES: Rules = new Map(FURTHER_KINDS.map((kind) => [`${FURTHER}\0${kind}`, RULE]));
