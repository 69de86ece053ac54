import { TLSSocket } from "node:tls";
import { clientConfig, isPrivateHost } from "../../../functions/_shared/database/client_config.ts";
import type { SessionCheck } from "../doctor_session.ts";

const OPTIONS = { applicationName: "holdfast doctor" };

/** The connection is encrypted, and somebody in the middle would be noticed. */
export const tls: SessionCheck = {
  name: "database/tls",
  needs: ["database/connection"],
  look: async (session) => {
    const { host, ssl } = clientConfig(session.options.databaseUrl(), { ...OPTIONS, ca: session.env["HOLDFAST_DB_CA"] || undefined });
    const socket = session.database?.connection.stream;
    if (!(socket instanceof TLSSocket)) {
      if (isPrivateHost(host ?? "")) return { verdict: "skipped", seen: "not encrypted; the host is on this machine or in a private network", fix: null };
      return { verdict: "failed", seen: "the password and all data travel unencrypted", fix: "export HOLDFAST_DB_URL=…   # without sslmode=disable" };
    }
    const how = socket.getProtocol() ?? "TLS";
    if (typeof ssl === "object" && ssl.rejectUnauthorized === true) return { verdict: "passed", seen: `${how}, the certificate is verified`, fix: null };
    return socket.authorized
      ? { verdict: "inconclusive", seen: `${how}; this machine trusts the certificate, but the connection does not insist on one`, fix: "export HOLDFAST_DB_URL=…?sslmode=verify-full" }
      : { verdict: "inconclusive", seen: `${how}, encrypted, but the certificate is not verified: it could be anybody's server`, fix: 'export HOLDFAST_DB_CA="$(cat prod-ca.crt)"   # dashboard: Database > SSL' };
  },
};
