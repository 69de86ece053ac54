import type { Client } from "pg";
import { SESSION_SETTINGS } from "../database/session_settings.ts";

/** Makes a session of the target ready for a restore: rows of a backup were written under these settings, docs/format.md. */
export async function prepareSession(client: Client): Promise<Client> {
  await client.query(`${SESSION_SETTINGS} set statement_timeout = 0; set client_min_messages = warning`);
  return client;
}
