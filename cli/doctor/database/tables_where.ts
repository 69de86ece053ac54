import { z } from "zod";
import type { DoctorSession } from "../doctor_session.ts";

/** Tables whose rows an export copies and for which this holds. */
export const tablesWhere = async (session: DoctorSession, condition: string): Promise<string[]> =>
  (await session.ask(z.object({ name: z.string() }), `
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in (select backup.included_schemas()) and (${condition})
      and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    order by 1`)).map(({ name }) => name);

/** The first few names. */
export const some = (names: readonly string[]): string => `${names.slice(0, 5).join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`;
