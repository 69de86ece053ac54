import { z } from "zod";
import type { SessionCheck } from "../doctor_session.ts";

const alert = z.object({ cause: z.string(), severity: z.string(), message: z.string() });

/** Nothing critical waits for a person. Warnings are named. */
export const openAlerts: SessionCheck = {
  name: "alerts/open",
  needs: ["database/schema"],
  look: async (session) => {
    const open = await session.ask(alert, "select a.cause, a.severity, a.message from backup.alerts a where a.resolved_at is null order by a.severity, a.raised_at");
    const critical = open.filter(({ severity }) => severity === "critical");
    const listed = (some: typeof open): string => some.map(({ cause, message }) => `${cause}: ${message}`).join("; ");
    if (critical.length > 0) return { verdict: "failed", seen: listed(critical), fix: "holdfast status   # what each cause means is in docs/alerts.md" };
    return { verdict: "passed", seen: open.length === 0 ? "none is open" : `no critical one; warnings: ${listed(open)}`, fix: null };
  },
};
