import { requiredExtension } from "./extension_check.ts";

/** pg_net delivers tickets. */
export const pgNet = requiredExtension({
  name: "pg_net",
  usable: "case when has_schema_privilege(to_regnamespace('net')::oid, 'usage') then to_regprocedure('net.http_post(text,jsonb,jsonb,jsonb,integer)') is not null end",
  fix: "create extension pg_net with schema extensions;   -- or enable it in the dashboard under Database > Extensions",
});
