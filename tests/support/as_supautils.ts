import { queryRows } from "./query_rows.ts";

/** Makes something that supautils would let role postgres make, and that then is postgres's own. */
export async function asSupautils(adminUrl: string, sql: string): Promise<void> {
  // In one transaction, so that no other session sees postgres as a superuser; one role is changed by one session at a time.
  await queryRows(adminUrl, `lock table pg_catalog.pg_authid in share row exclusive mode; alter role postgres superuser; set local role postgres;
    ${sql}; reset role; alter role postgres nosuperuser`);
}
