import { requiredExtension } from "./extension_check.ts";

/** pg_cron is the clock, and holds the snapshot of an export by functions. */
export const pgCron = requiredExtension({
  name: "pg_cron",
  usable: "case when has_schema_privilege(to_regnamespace('cron')::oid, 'usage') then to_regprocedure('cron.schedule(text,text,text)') is not null end",
  fix: "create extension pg_cron;   -- or enable it in the dashboard under Integrations > Cron",
});
