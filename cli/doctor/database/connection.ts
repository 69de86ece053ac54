import { z } from "zod";
import { parseConfig } from "../../../functions/_shared/config/parse_config.ts";
import { clientConfig } from "../../../functions/_shared/database/client_config.ts";
import { connect } from "../../../functions/_shared/database/connect.ts";
import type { DoctorAnswer } from "../../../functions/_shared/doctor/doctor_finding.ts";
import { sqlStateOf } from "../../../functions/_shared/errors/from_postgres.ts";
import { HoldfastError } from "../../../functions/_shared/errors/holdfast_error.ts";
import type { SessionCheck } from "../doctor_session.ts";

const OPTIONS = { applicationName: "holdfast doctor" };
/** No question of a doctor may hold up the database. */
const STATEMENT_TIMEOUT_MS = 15_000;

/** The database lets this machine in. */
export const connection: SessionCheck = {
  name: "database/connection",
  look: async (session) => {
    try {
      const url = session.options.databaseUrl();
      const { databaseCa } = parseConfig({ ...session.env, HOLDFAST_DB_URL: url });
      session.database = await connect(url, { ...OPTIONS, ca: databaseCa, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
      const { host, port, database } = clientConfig(url, OPTIONS);
      const { role } = await session.askOne(z.object({ role: z.string() }), "select current_user as role");
      return { verdict: "passed", seen: `${host}:${port}/${database} as ${role}`, fix: null };
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      if (error.code === "HF104") return explain(error);
      const variable = /HOLDFAST_DB_CA|SUPABASE_SECRET_KEYS/.exec(error.message)?.[0] ?? "HOLDFAST_DB_URL";
      return { verdict: "failed", seen: `${error.message} (${error.code})`, fix: `export ${variable}=…   # ${error.hint ?? ""}` };
    }
  },
};

/** Which of network, TLS, login and name it is. The reason is the server's and never holds the password. */
function explain(error: HoldfastError): DoctorAnswer {
  const reason = error.detail ?? error.message;
  const failed = (what: string, fix: string): DoctorAnswer => ({ verdict: "failed", seen: `${what}: ${reason}`, fix });
  const state = sqlStateOf(error.cause);
  if (/does not support SSL/i.test(reason)) return failed("TLS is refused by the server", "export HOLDFAST_DB_URL=postgresql://…?sslmode=disable   # only in a network you trust; else enable ssl on the server");
  if (/certificate|self.signed/i.test(reason)) return failed("the server's certificate is not trusted", 'export HOLDFAST_DB_CA="$(cat prod-ca.crt)"   # dashboard: Database > SSL');
  if (state === "3D000") return failed("there is no such database", "export HOLDFAST_DB_URL=postgresql://…/postgres   # the name at the end of the URL");
  if (state === "53300") return failed("every connection is taken", "select pid, application_name, state from pg_stat_activity;   -- and close some");
  if (state?.startsWith("28") === true || /password|authentication|SASL|tenant or user/i.test(reason)) {
    return failed("the login is refused", "export HOLDFAST_DB_URL=postgresql://USER:…@HOST:PORT/postgres   # dashboard: Connect; the password can be reset under Database. The pooler's user is postgres.<ref>");
  }
  if (/ENOTFOUND|ENETUNREACH|EHOSTUNREACH|EAI_AGAIN/.test(reason) && /supabase\.co/.test(reason)) {
    return failed("the host cannot be reached", "export HOLDFAST_DB_URL=postgresql://postgres.<ref>:…@<region>.pooler.supabase.com:5432/postgres   # the session pooler: the direct host has IPv6 only");
  }
  return failed("nothing answers", `export HOLDFAST_DB_URL=postgresql://…   # ${error.hint ?? ""}`);
}
