import { deserializeSnapshot, encodeId, type FactBase, type StableId } from "@supabase/pg-delta/core";
import type { Action } from "@supabase/pg-delta/plan";
import { type Client, escapeIdentifier } from "pg";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { orderColumns } from "../export/order_columns.ts";
import { recurseIndex } from "../export/recurse_index.ts";
import { finishActions } from "../schema/finish_actions.ts";
import { FURTHER_RULES } from "../schema/further_rules.ts";
import { planChanges } from "../schema/plan_changes.ts";
import { planningReason } from "../schema/planning_reason.ts";
import { adaptToTarget } from "./adapt_to_target.ts";
import type { Backup } from "./backup_source.ts";
import { nameOf } from "./fact_edits.ts";
import { grantSchemasFirst, isAbout } from "./grant_schemas_first.ts";
import { readContent } from "./read_object.ts";
import type { LeftOut, RestoreOptions } from "./restore_context.ts";
import { chooseBefore, isPlainCheck } from "./split_actions.ts";
import type { TargetInfo } from "./target.ts";

/** One statement of a plan. Its text may hold what users wrote, passwords in function bodies included: never print it. */
export interface SchemaAction {
  sql: string;
  verb: "create" | "alter" | "drop";
  /** The object as people name it. */
  name: string;
  /** What it is about: the fact it makes, changes or drops. */
  subject: StableId;
  /** Tables it works on; two statements that share one had better not run side by side. */
  tables: string[];
  /** Kind of a constraint: p, u, x, c or f. */
  constraintType: string | null;
  /** Ends a transaction: what it makes cannot be used before. */
  commitAfter: boolean;
  /** Cannot run in a transaction. */
  alone: boolean;
}

export interface SchemaPlan {
  /** Everything in an order that works, for when the rows are there. */
  all: SchemaAction[];
  before: SchemaAction[];
  after: SchemaAction[];
  leftOut: LeftOut[];
  /** What the target can have of the backup, as facts. */
  desired: FactBase;
  /** What the target has of it. */
  current: FactBase;
}

/** The schema of a backup as facts. @throws {HoldfastError} HF501 if schema.json is missing or damaged. */
export async function readSchema(backup: Backup): Promise<FactBase> {
  const json = await readContent(backup, "schema.json");
  try {
    return deserializeSnapshot(json).factBase;
  } catch (cause) {
    throw new HoldfastError("HF501", `Object schema.json of run ${backup.manifest.run_id} cannot be read`, {
      detail: cause instanceof Error ? cause.message : undefined, hint: "Restore with the version of Holdfast that made the backup.", cause });
  }
}

/**
 * Plans from what the target is now to what it can have of the backup. Called again it plans the rest; with nothing left to
 * do both halves are empty, which is the proof that the schema came back.
 *
 * @throws {HoldfastError} HF502 if the plan would take something away, HF504 if there is none.
 */
export async function planSchema(client: Client, backup: Backup, schema: FactBase, target: TargetInfo, options: Pick<RestoreOptions, "only">): Promise<SchemaPlan> {
  const { current, desired, leftOut } = await adaptToTarget(client, backup, schema, target, options);
  const constraints = desired.facts().filter(({ id }) => id.kind === "constraint");
  // Primary keys and the like are made when the rows are there, which is much faster.
  const exclude = new Set(constraints.filter(({ id }) => !isPlainCheck(desired, id)).map(({ id }) => encodeId(id)));
  let actions: Action[];
  try {
    ({ actions } = planChanges(current, desired, {
      scope: "database", assumedRoles: [...target.roles.keys()], assumedSchemas: ["pg_catalog"], foldConstraints: { exclude }, intentRules: FURTHER_RULES,
      capability: { role: target.role, isSuperuser: target.isSuperuser, memberOf: [...target.roles].flatMap(([name, { isMember }]) => (isMember ? [name] : [])) },
    }));
  } catch (cause) {
    throw new HoldfastError("HF504", "There is no way from the schema of the target to that of the backup", {
      detail: planningReason(cause), hint: "Restore into an empty database.", cause });
  }
  refuseLosses(actions, target);
  actions = grantSchemasFirst(finishActions(orderColumns(actions, desired), desired), target.role);
  const before = chooseBefore(actions, desired);
  actions.forEach(({ sql }, index) => {
    if (isOwnRight(sql, target.role)) before.delete(index);
  });
  const described = actions.map((action) => describe(action, desired));
  return {
    all: endWithEventTriggers(described, desired),
    before: described.filter((_, index) => before.has(index)),
    after: endWithEventTriggers(described.filter((_, index) => !before.has(index)), desired),
    leftOut, desired, current,
  };
}

/**
 * Whether a statement is about what the role of the restore itself may do with rows. Such rights wait until the rows are there: a table
 * may not be its next owner's yet, and whoever takes his own rights from himself cannot fill it.
 */
function isOwnRight(sql: string, role: string): boolean {
  return /^(GRANT|REVOKE) .* ON (TABLE|SEQUENCE) /.test(sql) && isAbout(sql, role);
}

const HOLDS_ROWS = new Set(["table", "column", "schema", "type", "sequence", "foreignTable", "materializedView", "extension"]);

function refuseLosses(actions: readonly Action[], target: TargetInfo): void {
  const lost = actions.flatMap((action) => {
    const destroyed = action.destroys.find((id) => HOLDS_ROWS.has(id.kind));
    const subject = destroyed ?? (action.dataLoss === "destructive" ? action.consumes[0] ?? action.produces[0] : undefined);
    return subject === undefined || subject.kind === "materializedView" ? [] : [nameOf(subject)];
  });
  if (lost.length === 0) return;
  throw new HoldfastError("HF502", `Database "${target.database}" has objects that would have to be replaced`, {
    detail: [...new Set(lost)].slice(0, 10).join(", "), hint: "Rename or drop them, or restore into an empty database." });
}

function describe(action: Action, desired: FactBase): SchemaAction {
  const subject = action.produces[0] ?? action.destroys[0] ?? action.consumes[0] ?? { kind: "schema", name: "" } as const;
  const constraint = subject.kind === "constraint" ? desired.get(subject) : undefined;
  const type = constraint?.payload["type"];
  const tables = new Set<string>();
  const add = (id: StableId | undefined): void => {
    if (id === undefined) return;
    if (id.kind === "table" || id.kind === "materializedView") tables.add(`${id.schema}.${id.name}`);
    else if ("table" in id) tables.add(`${id.schema}.${id.table}`);
  };
  add(subject);
  add(desired.get(subject)?.parent);
  for (const edge of desired.outgoingEdges(subject)) add(edge.to);
  for (const id of action.consumes) if (id.kind === "column") add(id);
  return {
    sql: recurseIndex(action.sql), verb: action.verb, subject, name: nameOf(subject), tables: [...tables], constraintType: typeof type === "string" ? type : null,
    commitAfter: action.transactionality === "commitBoundaryAfter", alone: action.transactionality === "nonTransactional",
  };
}

/** Event triggers come last, and disabled in the statement that makes them: in between they would be called, and stay enabled if nothing followed. */
function endWithEventTriggers(actions: SchemaAction[], desired: FactBase): SchemaAction[] {
  const isLast = ({ subject }: SchemaAction) => subject.kind === "eventTrigger" || ("target" in subject && subject.target.kind === "eventTrigger");
  const disabled = new Set<string>();
  const last = actions.filter(isLast).map((action) => {
    const { subject, sql } = action;
    if (subject.kind !== "eventTrigger" || !/^CREATE /.test(sql) || desired.get(subject)?.payload["enabled"] !== "D") return action;
    const disable = `ALTER EVENT TRIGGER ${escapeIdentifier(subject.name)} DISABLE`;
    disabled.add(disable);
    return { ...action, sql: `${sql}; ${disable}` };
  });
  return [...actions.filter((one) => !isLast(one)), ...last.filter(({ sql }) => !disabled.has(sql))];
}
