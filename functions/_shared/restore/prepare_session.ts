import type { Client } from "pg";

/** Settings under which the rows of a backup were written, docs/format.md; and none of the target's time limits. */
const SESSION = `
  set client_encoding = 'UTF8'; set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres'; set timezone = 'UTC';
  set extra_float_digits = 1; set bytea_output = 'hex'; set lc_monetary = 'C'; set xmlbinary = 'base64';
  set search_path = ''; set row_security = off; set client_min_messages = warning;
  set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0`;

/** Makes a session of the target ready for a restore. */
export async function prepareSession(client: Client): Promise<Client> {
  await client.query(SESSION);
  return client;
}
