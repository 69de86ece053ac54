import { diff, type FactBase } from "@supabase/pg-delta/core";
import { plan } from "@supabase/pg-delta/plan";
import type { Client } from "pg";
import { adaptFacts } from "../restore/adapt_facts.ts";
import { extractFacts } from "../restore/extract_facts.ts";
import { nameOf } from "../restore/fact_edits.ts";
import { readSchema } from "../restore/plan_schema.ts";
import type { LeftOut } from "../restore/restore_context.ts";
import { compareAccess } from "./compare_access.ts";
import type { ProofFinding } from "./proof.ts";
import { finding, type ProofStep, type ProveContext } from "./proof_step.ts";

/** Differences named one by one up to here: an empty target must not fill a report. */
const MAX_NAMED = 200;

/**
 * The step that compares what the target is made of with the backup: nothing is left to do, and nothing is more open than
 * in the source. What a restore could not bring back is taken out of the first comparison in the same way and listed, and is
 * looked at by the second.
 */
export function schemaStep(context: ProveContext): ProofStep {
  return {
    id: "schema", check_name: "check_schema", weight: 64 * 1024 * 1024, heavy: true,
    run: async (client) => {
      if (context.options.dataOnly) {
        return { findings: [finding("check_schema", "schema", "skipped", "the schema of the backup", "only rows were restored")] };
      }
      const backup = await readSchema(context.backup);
      const present = await extractFacts(client);
      const { current, desired, leftOut } = adaptFacts(backup, present, context.target, context.options, context.backup.manifest.server.version_num);
      return {
        findings: [
          ...compareSchema(current, desired, context, leftOut), ...await compareStates(client, desired),
          ...compareAccess(backup, present, context),
        ],
        left_out: leftOut,
      };
    },
  };
}

function compareSchema(current: FactBase, desired: FactBase, context: ProveContext, leftOut: readonly LeftOut[]): ProofFinding[] {
  const { target } = context;
  const named = new Map<string, Record<string, unknown>>();
  try {
    const { actions } = plan(current, desired, {
      scope: "database", assumedRoles: [...target.roles.keys()], assumedSchemas: ["pg_catalog"],
      capability: { role: target.role, isSuperuser: target.isSuperuser, memberOf: [...target.roles].flatMap(([name, { isMember }]) => (isMember ? [name] : [])) },
    });
    for (const action of actions) {
      const subject = action.produces[0] ?? action.destroys[0] ?? action.consumes[0];
      const name = subject === undefined ? "schema" : nameOf(subject);
      named.set(name, { verb: named.has(name) ? "alter" : action.verb });
    }
  } catch {
    // No way leads from here to there, which does not mean that nothing can be said.
    for (const delta of diff(current, desired)) {
      const id = "fact" in delta ? delta.fact.id : "edge" in delta ? delta.edge.from : delta.id;
      named.set(nameOf(id), { verb: delta.verb === "add" ? "create" : delta.verb === "remove" ? "drop" : "alter" });
    }
    if (named.size === 0) named.set("schema", { verb: "alter" });
  }
  const expected = "as in the backup";
  if (named.size === 0) {
    return [finding("check_schema", "schema", "passed", "nothing is left to do", "nothing is left to do",
      { objects: desired.facts().length, left_out: leftOut.length })];
  }
  const words: Record<string, string> = { create: "it is missing", drop: "the backup does not have it", alter: "it is different" };
  const findings = [...named].slice(0, MAX_NAMED).map(([name, evidence]) =>
    finding("check_schema", name, "failed", expected, words[String(evidence["verb"])] ?? "it is different", evidence));
  if (named.size > MAX_NAMED) findings.push(finding("check_schema", "further objects", "failed", expected, `${named.size - MAX_NAMED} more are missing or different`));
  return findings;
}

interface ObjectState {
  schema: string;
  table: string;
  name: string;
  problem: string;
}

/** What decides whether a constraint is in force and is not part of its definition. */
const STATES_SQL = `
  select distinct n.nspname as schema, c.relname as table, k.conname as name, 'its triggers are disabled' as problem
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_constraint k on k.oid = t.tgconstraint
  join pg_catalog.pg_class c on c.oid = k.conrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where t.tgisinternal and t.tgenabled = 'D' and k.contype = 'f'
  union all
  select n.nspname, c.relname, k.conname, 'its index is not valid'
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_index i on i.indexrelid = k.conindid
  join pg_catalog.pg_class c on c.oid = k.conrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where k.contype in ('p', 'u', 'x') and c.relkind = 'r' and not (i.indisvalid and i.indisready and i.indislive)
  order by 1, 2, 3`;

/** Constraints that are there and do not work. */
async function compareStates(client: Client, desired: FactBase): Promise<ProofFinding[]> {
  const { rows } = await client.query<ObjectState>(STATES_SQL);
  return rows.flatMap(({ schema, table, name, problem }) => {
    const id = { kind: "constraint", schema, table, name } as const;
    return desired.has(id) ? [finding("check_schema", nameOf(id), "failed", "it is in force", problem)] : [];
  });
}
