import { diff, encodeId, type FactBase, type StableId } from "@supabase/pg-delta/core";
import type { Client } from "pg";
import { adaptFacts } from "../restore/adapt_facts.ts";
import { extractFacts } from "../restore/extract_facts.ts";
import { nameOf } from "../restore/fact_edits.ts";
import { readSchema } from "../restore/plan_schema.ts";
import { respellCollations } from "../restore/respell_collations.ts";
import { respellViews } from "../restore/respell_views.ts";
import type { LeftOut } from "../restore/restore_context.ts";
import { sleepingEventTriggers } from "../restore/sleeping_event_triggers.ts";
import { FURTHER_RULES } from "../schema/further_rules.ts";
import { planChanges } from "../schema/plan_changes.ts";
import { compareAccess } from "./compare_access.ts";
import { compareOrder } from "./compare_order.ts";
import type { ProofFinding } from "./proof.ts";
import { finding, type ProofStep, type ProveContext, subjectOf } from "./proof_step.ts";

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
      const { current, desired: captured, leftOut } = adaptFacts(backup, present, context.target, context.options, context.backup.manifest.server.version_num);
      // Servers of different versions print one and the same view or locale differently.
      const desired = await respellViews(client, current, await respellCollations(client, current, captured, context.target), context.target);
      return {
        findings: [
          ...compareTableList(backup, context), ...compareSchema(current, desired, context, leftOut), ...await compareStates(client, desired),
          ...compareOrder(current, desired), ...compareAccess(backup, present, context), ...sayWhoSleeps(backup, present, context),
        ],
        left_out: leftOut,
      };
    },
  };
}

/** Nothing is called that may call outward as long as a proof may still fail. */
function sayWhoSleeps(backup: FactBase, present: FactBase, { options }: ProveContext): ProofFinding[] {
  if (options.only !== null) return [];
  return sleepingEventTriggers(backup, (name) => present.get({ kind: "eventTrigger", name })?.payload).map(({ id }) =>
    finding("check_schema", nameOf(id), "skipped", "enabled as in the backup", "disabled; a restore enables it when its proof has passed"));
}

/** A table of the schema that the manifest does not mention was cut out of it: nobody would ask for its rows. */
function compareTableList(backup: FactBase, { backup: { manifest } }: ProveContext): ProofFinding[] {
  const mentioned = new Set([...manifest.tables, ...manifest.excluded].map(subjectOf));
  const cut = backup.facts().flatMap(({ id }) => (id.kind === "table" && !mentioned.has(subjectOf(id)) ? [subjectOf(id)] : []));
  return cut.map((subject) => finding("check_object_checksums", subject, "failed", "the manifest lists it, or says why not", "the manifest does not mention it"));
}

function compareSchema(current: FactBase, desired: FactBase, context: ProveContext, leftOut: readonly LeftOut[]): ProofFinding[] {
  const different = new Map(subjectsOfPlan(current, desired, context).map((id) => [encodeId(id), id]));
  if (different.size === 0) {
    return [finding("check_schema", "schema", "passed", "nothing is left to do", "nothing is left to do",
      { objects: desired.facts().length, left_out: leftOut.length })];
  }
  // Replacing a view would take its rights and comments along; what is the view is different, they are not.
  const causes = [...different.values()].filter((id) => !isCollateral(id, current, desired));
  const expected = "as in the backup";
  const findings = (causes.length === 0 ? [...different.values()] : causes).map((id) => finding("check_schema", nameOf(id), "failed", expected,
    !current.has(id) ? "it is missing" : desired.has(id) ? "it is different" : "the backup does not have it"));
  if (findings.length <= MAX_NAMED) return findings;
  return [...findings.slice(0, MAX_NAMED),
    finding("check_schema", "further objects", "failed", expected, `${findings.length - MAX_NAMED} more are missing or different`)];
}

/** What a plan from the target to the backup would work on. */
function subjectsOfPlan(current: FactBase, desired: FactBase, { target }: ProveContext): StableId[] {
  // A plan is made of differences, and with a hundred thousand facts to find that there is none takes it many seconds.
  if (diff(current, desired).length === 0) return [];
  try {
    const { actions } = planChanges(current, desired, {
      scope: "database", assumedRoles: [...target.roles.keys()], assumedSchemas: ["pg_catalog"], intentRules: FURTHER_RULES,
      capability: { role: target.role, isSuperuser: target.isSuperuser, memberOf: [...target.roles].flatMap(([name, { isMember }]) => (isMember ? [name] : [])) },
    });
    return actions.map((action) => action.produces[0] ?? action.destroys[0] ?? action.consumes[0] ?? { kind: "schema", name: "unknown" });
  } catch {
    // No way leads from here to there, which does not mean that nothing can be said.
    const subjects = diff(current, desired).map((delta) => ("fact" in delta ? delta.fact.id : "edge" in delta ? delta.edge.from : delta.id)).filter((id) => !isOfCluster(id));
    return subjects.length > 0 ? subjects : [{ kind: "schema", name: "unknown" }];
  }
}

/** Roles are those of all databases; another step compares them. */
function isOfCluster(id: StableId): boolean {
  return id.kind === "role" || id.kind === "membership" || ("target" in id && isOfCluster(id.target));
}

function ownerOf(base: FactBase, id: StableId): string {
  return base.outgoingEdges(id).filter((edge) => edge.kind === "owner").map((edge) => encodeId(edge.to)).join();
}

/** Equal on both sides, or a part of something that is missing as a whole. */
function isCollateral(id: StableId, current: FactBase, desired: FactBase): boolean {
  const there = current.get(id);
  const wanted = desired.get(id);
  if (there !== undefined && wanted !== undefined) {
    return current.hashOf(id) === desired.hashOf(id) && ownerOf(current, id) === ownerOf(desired, id);
  }
  const fact = wanted ?? there;
  const above = fact === undefined ? undefined : "target" in fact.id && typeof fact.id.target === "object" ? fact.id.target : fact.parent;
  return above !== undefined && above.kind !== "schema" && (wanted === undefined ? !desired.has(above) : !current.has(above));
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
