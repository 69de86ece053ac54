import type { Client } from "pg";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { isConnectionLoss } from "../errors/is_connection_loss.ts";
import type { SchemaAction } from "./plan_schema.ts";
import type { LeftOut } from "./restore_context.ts";

/** Settings that the planner's statements are written for; they end with the transaction or session. */
const SETTINGS = ["search_path = pg_catalog", "check_function_bodies = off"];

const DENIED = "42501";
const LOCK_TABLE_FULL = "53200";

/**
 * Statements of one transaction. Every object that is made stays locked to its end, a table with its TOAST and sequences, and a small
 * server has room for about 4,000 locks.
 */
const MAX_IN_TRANSACTION = 500;
const BROKEN = new Set(["23503", "23514"]);

/** What a role may be denied without anything else failing for it. The rest of the plan does without them. */
const DISPENSABLE = new Set(["eventTrigger", "publication", "publicationRel", "publicationSchema", "comment", "securityLabel", "acl", "defaultPrivilege", "policy", "trigger", "fdw", "server", "extensionIntent"]);

/** What holds no rows. A target that does not accept one, for want of a library or a file, can still have all the others. */
const LEAVABLE = new Set(["function", "procedure", "aggregate", "view", "materializedView", "rule", "index", "constraint", "trigger", "policy", "fdw", "server", "userMapping", "foreignTable",
  "eventTrigger", "publication", "publicationRel", "publicationSchema", "extensionIntent"]);

/** Syntax, missing or unsupported things, and states they are in: about the statement, never about rows, space or the connection. */
const REFUSED = /^(42|0A|2B|3F|55|58P|F0|HV)/;

/** Whether rows can do without it: by its kind, as a note on something else, or as a part of a foreign table that was left out, or of its column. */
function isLeavable({ subject, sql, tables }: SchemaAction, leftOut: readonly LeftOut[]): boolean {
  if (LEAVABLE.has(subject.kind) || "target" in subject) return true;
  const isLeft = (table: string) => leftOut.some((one) => one.subject === `foreign table ${table}`);
  if (subject.kind === "sequence" && / OWNED BY /.test(sql)) return tables.some(isLeft);
  return "table" in subject && isLeft(`${subject.schema}.${subject.table}`);
}

/** A new owner needs rights on the schema that only its owner may give; the object is there without. */
const isHandover = ({ verb, sql }: SchemaAction): boolean => verb === "alter" && / OWNER TO "(?:[^"]|"")*"$/.test(sql);

/** Both halves of a plan may have the same object, and it is left out once. */
function leave(leftOut: LeftOut[], one: LeftOut): true {
  if (!leftOut.some(({ reason, subject, message }) => reason === one.reason && subject === one.subject && message === one.message)) leftOut.push(one);
  return true;
}

export interface ApplyHooks {
  leftOut: LeftOut[];
  /** Called before every statement with its place in the list. */
  onAction(index: number, action: SchemaAction): void;
  /** Does what the role was denied, in a session of its own, once all it needs is committed. False where it does not. */
  lend?(action: SchemaAction): Promise<boolean>;
}

/** Message of the server without what a row may have put in it. */
function serverReason(error: unknown): string {
  const state = sqlStateOf(error);
  if (!(error instanceof Error) || state === undefined) return error instanceof Error ? error.message : String(error);
  const constraint = "constraint" in error && typeof error.constraint === "string" ? ` (${error.constraint})` : "";
  // Data exceptions and violated constraints quote values.
  return /^2[23]/.test(state) ? `SQLSTATE ${state}${constraint}` : `${error.message} (SQLSTATE ${state})`;
}

function failed(action: SchemaAction, error: unknown, leftOut: readonly LeftOut[]): unknown {
  if (isConnectionLoss(error)) return error;
  // What was refused before may be what this one needs.
  const earlier = leftOut.filter(({ reason }) => reason === "refused").map(({ subject, message }) => ` Before it, ${subject}: ${message}`);
  const hint = sqlStateOf(error) === LOCK_TABLE_FULL ? "The server's lock table is full: raise max_locks_per_transaction of the target (64 unless set; several locks for each partition), restart it, and call the restore again; it continues where it stopped."
    : sqlStateOf(error) === DENIED ? "Restore as a role that may do this, or leave the object out with --only or --schema."
    : "Remove the reason in the target and call the restore again; it continues where it stopped.";
  return new HoldfastError("HF504", `Cannot ${action.verb} ${action.name}`, { detail: [serverReason(error), ...earlier.slice(0, 3)].join("."), hint, cause: error });
}

/**
 * What remains of an action that failed: true when the restore goes on without it, because the role may not do it and nothing
 * needs it, or because the source's own rows break the rule, which then stands but has not been checked.
 */
async function tolerate(client: Client, action: SchemaAction, error: unknown, leftOut: LeftOut[]): Promise<boolean> {
  const state = sqlStateOf(error) ?? "";
  const target = "target" in action.subject ? action.subject.target : undefined;
  if (state === DENIED && (DISPENSABLE.has(action.subject.kind) || LEAVABLE.has(action.subject.kind) || isHandover(action) || target !== undefined)) {
    return leave(leftOut, { reason: "role", subject: action.name, message: `The role of the restore may not ${action.verb} it: ${serverReason(error)}.` });
  }
  if (isLeavable(action, leftOut) && REFUSED.test(state)) {
    return leave(leftOut, { reason: "refused", subject: action.name, message: `The target does not accept it: ${serverReason(error)}.` });
  }
  if (!BROKEN.has(state) || action.subject.kind !== "constraint" || action.verb === "drop") return false;
  if (/ VALIDATE CONSTRAINT /.test(action.sql)) {
    return leave(leftOut, { reason: "unsupported", subject: action.name, message: "It holds for rows to come; rows of the backup break it, so it is not validated." });
  }
  try {
    await client.query(`${action.sql} NOT VALID`);
  } catch {
    return false;
  }
  return leave(leftOut, { reason: "unsupported", subject: action.name, message: "It holds for rows to come; rows of the backup break it, so it is not validated." });
}

/**
 * Runs the half before the rows: one transaction, so that it is there or not, except where a statement has to be committed
 * before it can be used, and where there are more than a server has locks for. What is there then is not made again by the next call.
 *
 * @throws {HoldfastError} HF504 naming the object; HF104 if the session is lost.
 */
export async function applyBefore(client: Client, actions: readonly SchemaAction[], hooks: ApplyHooks): Promise<void> {
  let open = false;
  let inside = 0;
  const begin = async () => {
    await client.query(`begin; ${SETTINGS.map((one) => `set local ${one}`).join("; ")}`);
    open = true;
    inside = 0;
  };
  const commit = async () => {
    if (open) await client.query("commit");
    open = false;
  };
  try {
    for (const [index, action] of actions.entries()) {
      hooks.onAction(index, action);
      if (action.alone) {
        await commit();
        await applyOne(client, action, hooks);
        continue;
      }
      if (!open) await begin();
      await applyInTransaction(client, action, hooks.leftOut);
      if (action.commitAfter || ++inside >= MAX_IN_TRANSACTION) await commit();
    }
    await commit();
  } catch (error) {
    // The connection itself may be gone; the error that matters is the first one.
    if (open) await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

async function applyInTransaction(client: Client, action: SchemaAction, leftOut: LeftOut[]): Promise<void> {
  const mayFail = DISPENSABLE.has(action.subject.kind) || isLeavable(action, leftOut) || isHandover(action);
  try {
    // One trip for the three; a statement may end in a comment.
    await client.query(mayFail ? `savepoint action; ${action.sql}\n; release savepoint action` : action.sql);
  } catch (error) {
    if (!mayFail || isConnectionLoss(error)) throw failed(action, error, leftOut);
    await client.query("rollback to savepoint action");
    if (!(await tolerate(client, action, error, leftOut))) throw failed(action, error, leftOut);
  }
}

async function applyOne(client: Client, action: SchemaAction, { leftOut, lend }: ApplyHooks): Promise<void> {
  try {
    await client.query(action.sql);
  } catch (error) {
    if (sqlStateOf(error) === DENIED && await lend?.(action)) {
      // The half before the rows may have had to do without it.
      leftOut.splice(0, Infinity, ...leftOut.filter(({ reason, subject }) => reason !== "role" || subject !== action.name));
      return;
    }
    if (isConnectionLoss(error) || !(await tolerate(client, action, error, leftOut))) throw failed(action, error, leftOut);
  }
}

/** Builds of indexes and checks of rows: what takes long, and what can run side by side. */
function isHeavy({ verb, subject, alone }: SchemaAction): boolean {
  return verb !== "drop" && !alone && (subject.kind === "index" || subject.kind === "constraint");
}

/** Reads rows of more than one table and locks both. */
function isLinking(action: SchemaAction): boolean {
  return action.constraintType === "f" || action.constraintType === "c";
}

/**
 * Runs the half after the rows, each statement by itself, so that an interrupted restore keeps the indexes it has. Indexes and
 * constraints that follow each other are spread over the sessions.
 *
 * @param weight bytes of a table, for the largest to come first
 * @throws {HoldfastError} HF504 naming the object; HF104 if a session is lost.
 */
export async function applyAfter(clients: readonly Client[], actions: readonly SchemaAction[], weight: (table: string) => number, hooks: ApplyHooks): Promise<void> {
  const [first] = clients;
  if (first === undefined) throw new Error("applyAfter() needs a session");
  for (const client of clients) await client.query(SETTINGS.map((one) => `set ${one}`).join("; "));
  let done = 0;
  const run = async (client: Client, action: SchemaAction) => {
    hooks.onAction(done++, action);
    await applyOne(client, action, hooks);
  };
  for (let start = 0; start < actions.length;) {
    let end = start;
    while (end < actions.length && isHeavy(actions[end] as SchemaAction)) end++;
    if (end === start) {
      await run(first, actions[start++] as SchemaAction);
      continue;
    }
    const group = actions.slice(start, end);
    start = end;
    // A foreign key needs the unique index it refers to, and no index needs a foreign key.
    for (const part of [group.filter((one) => !isLinking(one)), group.filter(isLinking)]) await spread(clients, part, weight, run);
  }
}

/** Works off actions on all sessions; statements that share a table wait for each other. */
async function spread(clients: readonly Client[], actions: SchemaAction[], weight: (table: string) => number, run: (client: Client, action: SchemaAction) => Promise<void>): Promise<void> {
  const heaviest = (action: SchemaAction) => Math.max(0, ...action.tables.map(weight));
  const waiting = [...actions].sort((a, b) => heaviest(b) - heaviest(a));
  const busy = new Set<string>();
  let wake: (() => void)[] = [];
  let failure: unknown;
  const worker = async (client: Client): Promise<void> => {
    while (waiting.length > 0 && failure === undefined) {
      const at = waiting.findIndex((one) => !one.tables.some((table) => busy.has(table)));
      const action = waiting[at];
      if (action === undefined) {
        await new Promise<void>((resolve) => wake.push(resolve));
        continue;
      }
      waiting.splice(at, 1);
      for (const table of action.tables) busy.add(table);
      try {
        await run(client, action);
      } catch (error) {
        failure ??= error;
      }
      for (const table of action.tables) busy.delete(table);
      const woken = wake;
      wake = [];
      for (const resolve of woken) resolve();
    }
  };
  await Promise.all(clients.map(worker));
  if (failure !== undefined) throw failure;
}
