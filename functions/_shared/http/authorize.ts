import { createHash, timingSafeEqual } from "node:crypto";
import type { Queryable } from "../database/queryable.ts";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { readJson } from "./read_json.ts";

export interface Caller {
  /** ticket: pg_cron asked, through a row of this database. key: a person or program with a secret key. */
  kind: "ticket" | "key";
  /** What is to be done. A ticket brings its own body; the request's is ignored then. */
  body: unknown;
}

export interface AuthorizeOptions {
  /** Claims a ticket for a function and returns its body. Undefined: this function takes no tickets. */
  claimTicket?: ((ticketId: string, functionName: string) => Promise<unknown>) | undefined;
  secretKeys: readonly string[];
}

export const TICKET_HEADER = "x-holdfast-ticket";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Turns away who comes with neither a secret key nor the form of a ticket. Asked before a session with the database is opened, of
 * which there are few: tickets are looked up there, so authorize() needs one.
 *
 * @throws HoldfastError HF101 as authorize() does
 */
export function refuseStrangers(request: Request, secretKeys: readonly string[]): void {
  const ticketId = request.headers.get(TICKET_HEADER);
  if (ticketId === null ? !hasSecretKey(request, secretKeys) : !UUID.test(ticketId)) throw refusal();
}

/**
 * Decides whether a request may start a function, before its body is looked at.
 * Every refusal is the same answer: it must not tell whether a ticket existed or how a key was wrong.
 *
 * @throws HoldfastError HF101 when neither a ticket nor a secret key opens the door
 * @throws HoldfastError HF100 when the body that came with a key is not JSON or too large
 */
export async function authorize(request: Request, options: AuthorizeOptions, functionName: string): Promise<Caller> {
  const ticketId = request.headers.get(TICKET_HEADER);
  if (ticketId !== null) {
    if (options.claimTicket === undefined || !UUID.test(ticketId)) throw refusal();
    return { kind: "ticket", body: await claim(options.claimTicket, ticketId, functionName) };
  }
  if (!hasSecretKey(request, options.secretKeys)) throw refusal();
  return { kind: "key", body: await readJson(request) };
}

/** Claims tickets in the function's own database, where a ticket of a cloned project does not exist. */
export function ticketClaimer(database: Queryable): NonNullable<AuthorizeOptions["claimTicket"]> {
  return async (ticketId, functionName) => {
    const { rows } = await database.query("select backup.claim_ticket($1, $2) as body", [ticketId, functionName]);
    return (rows[0] as { body?: unknown } | undefined)?.body ?? {};
  };
}

async function claim(
  claimTicket: NonNullable<AuthorizeOptions["claimTicket"]>,
  ticketId: string,
  functionName: string,
): Promise<unknown> {
  try {
    return await claimTicket(ticketId, functionName);
  } catch (cause) {
    if (sqlStateOf(cause) === "HF101") throw refusal(cause);
    throw cause;
  }
}

function refusal(cause?: unknown): HoldfastError {
  return new HoldfastError("HF101", "Not authorized", {
    hint: "Send a secret key of this project in the apikey header. Publishable and anon keys are not accepted.",
    ...(cause === undefined ? {} : { cause }),
  });
}

function hasSecretKey(request: Request, secretKeys: readonly string[]): boolean {
  const key = request.headers.get("apikey") ?? request.headers.get("authorization")?.replace(/^Bearer\s+/i, "");
  return key !== undefined && key !== "" && isSecretKey(key, secretKeys);
}

/** Compares with every key, hashed to one length, so that time tells neither which one nor how much matched. */
function isSecretKey(candidate: string, secretKeys: readonly string[]): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const wanted = digest(candidate);
  let found = false;
  for (const key of secretKeys) {
    if (timingSafeEqual(digest(key), wanted)) found = true;
  }
  return found;
}
