import { z } from "zod";
import { HoldfastError } from "../../../functions/_shared/errors/holdfast_error.ts";
import type { DoctorSession, SessionCheck } from "../doctor_session.ts";
import { callFunction } from "./call_function.ts";

const FIX = "holdfast doctor --functions-url https://<ref>.supabase.co/functions/v1";

/** The address of the functions: asked for, of the environment, or as the database knows it. */
async function resolve(session: DoctorSession): Promise<string | null> {
  const { env, options, database } = session;
  const named = options.functionsUrl ?? env["HOLDFAST_FUNCTIONS_URL"];
  if (named) return named;
  if (env["SUPABASE_URL"]) return `${env["SUPABASE_URL"].replace(/\/+$/, "")}/functions/v1`;
  if (database === undefined) return null;
  try {
    return (await session.askOne(z.object({ url: z.string().nullable() }), "select backup.functions_url() as url")).url;
  } catch {
    // What is wrong with the schema is said by the checks of the database.
    return null;
  }
}

/** This machine reaches the gateway of the functions. */
export const address: SessionCheck = {
  name: "functions/url",
  after: ["database/schema"],
  look: async (session) => {
    const url = await resolve(session);
    if (url === null) return { verdict: "inconclusive", seen: "where the functions answer is not known", fix: FIX };
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol) || new URL(url).username !== "") {
      return { verdict: "failed", seen: "the URL of the functions is not an http or https URL without a password", fix: FIX };
    }
    const { origin, pathname } = new URL(url);
    const shown = `${origin}${pathname.replace(/\/+$/, "")}`;
    session.functionsUrl = shown;
    try {
      const { status } = await callFunction(session, "backup-status", { method: "GET" });
      return { verdict: "passed", seen: `${shown} answers (${status})`, fix: null };
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      return { verdict: "failed", seen: `${shown} cannot be reached from this machine: ${error.detail ?? error.message}`, fix: `${FIX}   # the address as seen from here` };
    }
  },
};
