import { encodeId, type FactBase, type StableId } from "@supabase/pg-delta/core";
import type { Action } from "@supabase/pg-delta/plan";

/** What the planner puts before the clause of a column that it could not make part of CREATE TABLE. */
export const ADD_COLUMN = /^ALTER TABLE (?:"(?:[^"]|"")*"\.)?"(?:[^"]|"")*" ADD COLUMN /;

/** Clauses between the parentheses of `create table x (…)`: split at commas outside of quotes and parentheses. */
export function splitClauses(list: string): string[] {
  const clauses: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < list.length; at++) {
    const char = list[at] ?? "";
    if (char === "'" || char === '"') {
      // Only E'…' has backslash escapes; a doubled quote ends one string and begins the next, which is as good.
      const escapes = char === "'" && /(^|[^A-Za-z0-9_$])[Ee]$/.test(list.slice(Math.max(0, at - 2), at));
      for (at++; at < list.length && list[at] !== char; at++) if (escapes && list[at] === "\\") at++;
    } else if (char === "(" || char === "[") depth++;
    else if (char === ")" || char === "]") depth--;
    else if (char === "," && depth === 0) {
      clauses.push(list.slice(start, at).trim());
      start = at + 1;
    }
  }
  const last = list.slice(start).trim();
  return last === "" ? clauses : [...clauses, last];
}

interface Step {
  action: Action;
  /** Place in the plan; decides between steps that are ready. */
  place: number;
  /** Additional facts that have to be there before. */
  needs: StableId[];
  /** Steps that have to come before, whatever the facts say. */
  after: Step[];
  /** A CREATE TABLE that was given more columns, and may have to wait for what they need. */
  rewritten: boolean;
  /** Makes what the plan has in a CREATE TABLE, so that what needs it comes later than the plan says. */
  moved: boolean;
}

/**
 * Puts the columns of tables that are created into the order of the source. The planner adds a column with a type or function
 * that is created later with ALTER TABLE, at the end; the rest of the plan would then run on tables whose columns are in
 * another order than everybody's `select *` and `insert` without a list expect. Such columns go into CREATE TABLE, which waits for
 * what they need; a default that calls a function is set afterwards.
 */
export function orderColumns(actions: readonly Action[], desired: FactBase): Action[] {
  const steps = actions.map((action, place): Step => ({ action, place, needs: [], after: [], rewritten: false, moved: false }));
  const producerOf = new Map<string, Step>();
  for (const step of steps) for (const id of step.action.produces) producerOf.set(encodeId(id), step);
  const removed = new Set<Step>();
  const addedTo = new Map<string, Step[]>();
  for (const step of steps) {
    const { verb, produces: [first], sql } = step.action;
    if (verb !== "create" || first?.kind !== "column" || !ADD_COLUMN.test(sql)) continue;
    const table = encodeId({ kind: "table", schema: first.schema, name: first.table });
    const own = addedTo.get(table);
    if (own === undefined) addedTo.set(table, [step]);
    else own.push(step);
  }
  for (const table of steps) {
    const [id] = table.action.produces;
    if (table.action.verb !== "create" || id?.kind !== "table") continue;
    const added = addedTo.get(encodeId(id)) ?? [];
    if (added.length > 0 || !isInOrder(table, desired)) mergeColumns(table, added, { desired, producerOf, steps, removed });
  }
  for (const table of steps) waitForParents(table, { desired, producerOf, steps, removed });
  return sortSteps(steps.filter((step) => !removed.has(step)), desired);
}

interface Merging {
  desired: FactBase;
  producerOf: Map<string, Step>;
  steps: Step[];
  removed: Set<Step>;
}

const positionOf = (desired: FactBase, id: StableId): number => Number(desired.get(id)?.payload["_position"] ?? Infinity);

/** Whether a CREATE TABLE names its columns as the source has them: one whose default calls a function that is there already comes last in the plan. */
function isInOrder({ action }: Step, desired: FactBase): boolean {
  const positions = action.produces.flatMap((one) => (one.kind === "column" ? [positionOf(desired, one)] : []));
  return positions.every((position, at) => at === 0 || position > (positions[at - 1] ?? -1));
}

function mergeColumns(table: Step, added: Step[], merging: Merging): void {
  const { desired, producerOf, removed } = merging;
  const byPosition = (a: Step, b: Step) => positionOf(desired, subjectOf(a)) - positionOf(desired, subjectOf(b));
  const ordered = [...added].sort(byPosition);
  const bare = /^(CREATE (?:UNLOGGED )?TABLE (?:"(?:[^"]|"")*"\.)?"(?:[^"]|"")*" )\((.*)\)$/s.exec(table.action.sql);
  const folded = table.action.produces.filter((one) => one.kind === "column" || one.kind === "constraint");
  const clauses = splitClauses(bare?.[2] ?? "");
  if (bare === null || clauses.length !== folded.length) {
    // Columns of a child come after those it inherits; among themselves they keep their order.
    chain(ordered);
    return;
  }
  const inside = folded.map((one, at) => ({ id: one, clause: clauses[at] ?? "" }));
  const firstTail = ordered.findIndex((step) => needsOf(step, desired).some((need) => reaches(need, table, merging)));
  const joining = firstTail < 0 ? ordered : ordered.slice(0, firstTail);
  const tail = firstTail < 0 ? [] : ordered.slice(firstTail);
  const produces = [...table.action.produces];
  for (const step of joining) {
    const id = subjectOf(step);
    const set = defaultOf(step, desired);
    const clause = step.action.sql.replace(ADD_COLUMN, "");
    inside.push({ id, clause: set === undefined ? clause : clause.slice(0, clause.length - set.suffix.length) });
    produces.push(...step.action.produces.filter((one) => set === undefined || one.kind !== "default"));
    producerOf.set(encodeId(id), table);
    table.needs.push(...needsOf(step, desired));
    if (set === undefined) removed.add(step);
    else step.action = { ...step.action, sql: set.sql, produces: step.action.produces.filter((one) => one.kind === "default"), consumes: [...step.action.consumes, id] };
  }
  // A column that the table cannot be made with takes those behind it along.
  const cut = tail[0] === undefined ? Infinity : positionOf(desired, subjectOf(tail[0]));
  const late = unneeded(inside.filter(({ id }) => id.kind === "column" && positionOf(desired, id) > cut), inside, desired);
  const lateNames = new Set(late.map(({ id }) => nameOf(id)));
  const lateChecks = inside.filter(({ id }) => id.kind === "constraint" && constraintUses(desired, id, lateNames));
  const isLate = new Set([...late, ...lateChecks].map(({ id }) => encodeId(id)));
  const kept = inside.filter(({ id }) => !isLate.has(encodeId(id)));
  const columns = kept.filter(({ id }) => id.kind === "column").sort((a, b) => positionOf(desired, a.id) - positionOf(desired, b.id));
  const constraints = kept.filter(({ id }) => id.kind === "constraint");
  const prefix = `ALTER TABLE ${bare[1]?.replace(/^CREATE (?:UNLOGGED )?TABLE /, "") ?? ""}ADD `;
  const move = (sql: string, made: StableId[]): Step => {
    const step: Step = { place: tail[0]?.place ?? table.place, needs: [], after: [], rewritten: true, moved: true,
      action: { ...table.action, sql: prefix + sql, produces: made, consumes: [subjectOf(table)] } };
    merging.steps.push(step);
    for (const one of made) producerOf.set(encodeId(one), step);
    return step;
  };
  const moved = late.map(({ id, clause }) => move(`COLUMN ${clause}`, [id, ...produces.filter((one) => one.kind === "default" && one.name === nameOf(id))]));
  const checks = lateChecks.map(({ id, clause }) => move(clause, [id]));
  const gone = new Set([...moved, ...checks].flatMap((step) => step.action.produces.map(encodeId)));
  table.action = { ...table.action, sql: `${bare[1] ?? ""}(${[...columns, ...constraints].map((one) => one.clause).join(", ")})`, produces: produces.filter((one) => !gone.has(encodeId(one))) };
  table.rewritten = true;
  chain([...tail, ...moved].sort(byPosition));
  for (const check of checks) check.after.push(...moved);
}

/** Without those that a column before them is generated from, as ALTER TABLE … SET EXPRESSION can have it: an order that cannot be is given up. */
function unneeded<Made extends { id: StableId }>(late: readonly Made[], all: readonly Made[], desired: FactBase): Made[] {
  const names = new Set(late.map(({ id }) => nameOf(id)));
  const usedBy = (id: StableId) => (id.kind === "column" ? [id, { ...id, kind: "default" as const }] : [])
    .flatMap((one) => desired.outgoingEdges(one)).filter(({ kind, to }) => kind === "depends" && to.kind === "column" && names.has(to.name)).map(({ to }) => nameOf(to));
  const used = new Set(all.filter(({ id }) => !names.has(nameOf(id))).flatMap(({ id }) => usedBy(id)));
  return used.size === 0 ? [...late] : unneeded(late.filter(({ id }) => !used.has(nameOf(id))), all, desired);
}

/** A table is made when the tables it inherits from have all of their columns: those that come later would follow its own. */
function waitForParents(table: Step, merging: Merging): void {
  const { action: { verb, produces: [id], consumes, sql: create } } = table;
  if (verb !== "create" || id?.kind !== "table" || !create.includes(" INHERITS (")) return;
  const parents = new Set(consumes.filter((one) => one.kind === "table" && encodeId(one) !== encodeId(id)).map(encodeId));
  const columns = merging.steps.filter((step) => {
    const { action: { verb: does, produces: [first], sql } } = step;
    return does === "create" && first?.kind === "column" && !merging.removed.has(step) && ADD_COLUMN.test(sql)
      && parents.has(encodeId({ kind: "table", schema: first.schema, name: first.table }));
  });
  table.after.push(...columns.filter((step) => !reaches(subjectOf(step), table, merging)));
}

function subjectOf(step: Step): StableId {
  return step.action.produces[0] ?? { kind: "schema", name: "" };
}

function nameOf(id: StableId): string {
  return id.kind === "column" ? id.name : "";
}

function constraintUses(desired: FactBase, id: StableId, columns: ReadonlySet<string>): boolean {
  return desired.outgoingEdges(id).some(({ to }) => to.kind === "column" && columns.has(to.name));
}

/** What a column needs by itself, whatever its default calls. */
function needsOf(step: Step, desired: FactBase): StableId[] {
  return step.action.produces.filter((id) => id.kind === "column" || (id.kind === "default" && defaultOf(step, desired) === undefined))
    .flatMap((id) => desired.outgoingEdges(id).filter((edge) => edge.kind === "depends").map((edge) => edge.to));
}

/** The default of a column when it calls something of the database, as a statement of its own. */
function defaultOf(step: Step, desired: FactBase): { sql: string; suffix: string } | undefined {
  const id = step.action.produces.find((one) => one.kind === "default");
  const fact = id === undefined ? undefined : desired.get(id);
  if (id === undefined || fact === undefined) return undefined;
  const suffix = ` DEFAULT ${String(fact.payload["expr"])}`;
  const calls = desired.outgoingEdges(id).some(({ kind, to }) => kind === "depends" && to.kind !== "column" && to.kind !== "sequence");
  const [head = ""] = ADD_COLUMN.exec(step.action.sql) ?? [];
  if (!calls || !step.action.sql.endsWith(suffix)) return undefined;
  const name = /^"(?:[^"]|"")*"/.exec(step.action.sql.slice(head.length))?.[0] ?? "";
  return { suffix, sql: `${head.replace(/ADD COLUMN $/, "")}ALTER COLUMN ${name} SET${suffix}` };
}

/** Whether this fact cannot be made before the table. */
function reaches(start: StableId, table: Step, { desired, producerOf }: Merging): boolean {
  const seen = new Set<string>();
  const queue = [start];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const key = encodeId(id);
    if (seen.has(key)) continue;
    seen.add(key);
    const producer = producerOf.get(key);
    // What is there already waits for nothing.
    if (producer === undefined) continue;
    if (producer === table && id.kind !== "column") return true;
    // A column of the same table is no detour: it is made with it.
    if (id.kind === "column" && producer.action.produces.some((one) => encodeId(one) === encodeId(subjectOf(table)))) continue;
    queue.push(...producer.action.consumes);
    for (const one of producer.action.produces) for (const edge of desired.outgoingEdges(one)) if (edge.kind === "depends") queue.push(edge.to);
  }
  return false;
}

/** Makes steps follow each other. */
function chain(steps: readonly Step[]): void {
  for (const [at, step] of steps.entries()) {
    const before = steps[at - 1];
    if (before !== undefined) step.after.push(before);
  }
}

/** The steps in the order of the plan, except for those that wait for what they did not wait for before. */
function sortSteps(steps: readonly Step[], desired: FactBase): Action[] {
  const producerOf = new Map<string, Step>();
  for (const step of steps) for (const id of step.action.produces) producerOf.set(encodeId(id), step);
  const waits = new Map<Step, Set<Step>>();
  const followers = new Map<Step, Step[]>();
  for (const step of steps) {
    const ids = [...step.action.consumes, ...step.needs];
    for (const id of step.action.produces) {
      const parent = desired.get(id)?.parent;
      if (parent !== undefined) ids.push(parent);
      for (const edge of desired.outgoingEdges(id)) if (edge.kind === "depends") ids.push(edge.to);
    }
    const own = new Set<Step>();
    for (const before of [...ids.map((id) => producerOf.get(encodeId(id))), ...step.after]) {
      // Facts can depend on each other in circles that the planner has found a way around: its order says which way.
      if (before === undefined || before === step || (before.place > step.place && !step.rewritten && !before.moved && !step.after.includes(before))) continue;
      own.add(before);
    }
    waits.set(step, own);
    for (const before of own) followers.set(before, [...followers.get(before) ?? [], step]);
  }
  const sorted: Action[] = [];
  const ready: Step[] = [];
  for (const step of steps) if (waits.get(step)?.size === 0) insert(ready, step);
  const left = new Set(steps);
  while (left.size > 0) {
    // A circle after all: the planner's order is as good as any.
    const next = ready.pop() ?? [...left].sort((a, b) => a.place - b.place)[0];
    if (next === undefined) break;
    if (!left.delete(next)) continue;
    sorted.push(next.action);
    for (const follower of followers.get(next) ?? []) {
      const own = waits.get(follower);
      if (own?.delete(next) === true && own.size === 0) insert(ready, follower);
    }
  }
  return sorted;
}

/** Keeps the list in descending order, so that the first step is the one at its end. */
function insert(ready: Step[], step: Step): void {
  let low = 0;
  for (let high = ready.length; low < high;) {
    const middle = (low + high) >> 1;
    if ((ready[middle]?.place ?? 0) > step.place) low = middle + 1;
    else high = middle;
  }
  ready.splice(low, 0, step);
}
