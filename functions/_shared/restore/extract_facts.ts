import type { FactBase } from "@supabase/pg-delta/core";
import type { Client, Pool } from "pg";
import { extractSchema } from "../schema/extract_schema.ts";

/** What the database is made of right now, through a session that is in no transaction. */
export async function extractFacts(client: Client): Promise<FactBase> {
  // extractSchema() uses connect(), query() and release() and nothing else of a pool.
  const pool = { connect: () => Promise.resolve({ query: client.query.bind(client), release: () => undefined }) } as unknown as Pool;
  return (await extractSchema(pool)).factBase;
}
