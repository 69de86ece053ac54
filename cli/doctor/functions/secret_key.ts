import type { SessionCheck } from "../doctor_session.ts";
import { callFunction } from "./call_function.ts";

/** The secret key at hand is one of this project. */
export const secretKey: SessionCheck = {
  name: "functions/secret_key",
  needs: ["functions/backup-status"],
  look: async (session) => {
    const key = session.secretKey();
    if (key === undefined) return { verdict: "skipped", seen: "none was given; only programs that call functions need one", fix: "export HOLDFAST_SECRET_KEY=sb_secret_…" };
    const { status, code } = await callFunction(session, "backup-status", { headers: { apikey: key } });
    if (status === 200) return { verdict: "passed", seen: "backup-status takes it", fix: null };
    if (status === 401) return { verdict: "failed", seen: "backup-status refuses it: it is not a secret key of this project", fix: "export HOLDFAST_SECRET_KEY=sb_secret_…   # dashboard: Settings > API Keys; publishable and anon keys are not accepted" };
    return { verdict: "inconclusive", seen: `backup-status answers ${status}${code === null ? "" : ` ${code}`}`, fix: null };
  },
};
