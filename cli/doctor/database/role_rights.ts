import { z } from "zod";
import type { DoctorSession } from "../doctor_session.ts";

const role = z.object({ role: z.string(), super: z.boolean(), bypassrls: z.boolean(), createdb: z.boolean(), reads_all: z.boolean() });

/** What the role of the session may do as a whole. */
export const roleRights = (session: DoctorSession): Promise<z.infer<typeof role>> => session.askOne(role, `
  select r.rolname::text as role, r.rolsuper as super, r.rolbypassrls as bypassrls, r.rolcreatedb as createdb,
         r.rolsuper or pg_has_role(r.oid, 'pg_read_all_data', 'usage') as reads_all
  from pg_catalog.pg_roles r where r.rolname = current_user`);
