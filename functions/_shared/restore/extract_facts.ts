import type { FactBase } from "@supabase/pg-delta/core";
import { extract } from "@supabase/pg-delta/extract";
import type { Client, Pool } from "pg";

/** What the database is made of right now, through a session that is in no transaction. */
export async function extractFacts(client: Client): Promise<FactBase> {
  // extract() uses connect(), query() and release() and nothing else of a pool.
  const pool = { connect: () => Promise.resolve({ query: client.query.bind(client), release: () => undefined }) } as unknown as Pool;
  return (await extract(pool)).factBase;
}
