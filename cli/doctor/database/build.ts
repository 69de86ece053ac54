import { z } from "zod";
import { HOLDFAST_MIGRATION } from "../../../functions/_shared/prove/holdfast_migration.ts";
import { TOOL_VERSION } from "../../../functions/_shared/tool_version.ts";
import { PUSH_COMMAND } from "../../install/push_command.ts";
import type { SessionCheck } from "../doctor_session.ts";

const BUILD = /\bBuild ([0-9a-f]{12})\./g;
const lastBuild = (text: string): string | undefined => [...text.matchAll(BUILD)].at(-1)?.[1];

/** The schema is the one this tool was made with. */
export const build: SessionCheck = {
  name: "database/build",
  needs: ["database/schema"],
  look: async (session) => {
    const { comment, versioned } = await session.askOne(z.object({ comment: z.string(), versioned: z.boolean() }), `
      select coalesce(obj_description(to_regnamespace('backup')::oid, 'pg_namespace'), '') as comment, to_regprocedure('backup.version()') is not null as versioned`);
    const version = versioned ? (await session.askOne(z.object({ version: z.string() }), "select backup.version()::text as version")).version : null;
    const installed = lastBuild(comment);
    const wanted = lastBuild(HOLDFAST_MIGRATION);
    const named = `${version === null ? "" : `version ${version}, `}build ${installed ?? "unknown"}`;
    if (installed !== undefined && installed === wanted) return { verdict: "passed", seen: named, fix: null };
    return { verdict: "failed", seen: `the database has ${named}; this is holdfast ${TOOL_VERSION}, build ${wanted ?? "unknown"}`, fix: `npx holdfast upgrade && ${PUSH_COMMAND}   # in the folder of the project; or use the holdfast of the database's version` };
  },
};
