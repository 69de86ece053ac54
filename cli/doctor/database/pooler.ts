import { clientConfig } from "../../../functions/_shared/database/client_config.ts";
import type { SessionCheck } from "../doctor_session.ts";

/** Exports and restores keep settings and snapshots in their session, which a transaction pooler takes away. */
export const pooler: SessionCheck = {
  name: "database/pooler",
  needs: ["database/connection"],
  look: async (session) => {
    const { host, port } = clientConfig(session.options.databaseUrl(), { applicationName: "holdfast doctor" });
    if (port !== 6543) return { verdict: "passed", seen: "not the port of a transaction pooler", fix: null };
    return { verdict: "failed", seen: `${host}:6543 is the transaction pooler, which keeps no session`, fix: "export HOLDFAST_DB_URL=postgresql://…:5432/postgres   # the direct connection or the session pooler" };
  },
};
