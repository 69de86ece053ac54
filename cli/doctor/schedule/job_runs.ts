import { z } from "zod";
import type { SessionCheck } from "../doctor_session.ts";

const failing = z.object({ job_name: z.string(), error_code: z.string().nullable() });

/** The newest run of each scheduled job has succeeded. */
export const jobRuns: SessionCheck = {
  name: "schedule/job_runs",
  needs: ["database/schema"],
  look: async (session) => {
    const failed = await session.ask(failing, `
      select n.job_name, n.error_code from (
        select distinct on (j.job_name) j.job_name, j.status, j.error_code from backup.job_runs j order by j.job_name, j.started_at desc) n
      where n.status = 'failed' order by 1`);
    if (failed.length === 0) return { verdict: "passed", seen: "no job failed when it last ran", fix: null };
    return { verdict: "failed", seen: `failed when they last ran: ${failed.map(({ job_name, error_code }) => `${job_name} (${error_code ?? "no code"})`).join(", ")}`,
      fix: `select j.started_at, j.error from backup.job_runs j where j.job_name in (${failed.map(({ job_name }) => `'${job_name}'`).join(", ")}) order by 1 desc limit 5;   -- the code is in docs/errors.md; then: ${failed.map(({ job_name }) => `select backup.run_job('${job_name}');`).join(" ")}` };
  },
};
