import { z } from "zod";
import type { Env } from "../config/env.ts";

/** What GET /v1/projects/{ref}/database/backups answers. Fields we do not use are left out, not refused. */
const answerSchema = z.object({
  region: z.string(),
  walg_enabled: z.boolean(),
  pitr_enabled: z.boolean(),
  backups: z.array(z.object({ is_physical_backup: z.boolean(), status: z.string(), inserted_at: z.string().refine((text) => !Number.isNaN(Date.parse(text))) })),
  physical_backup_data: z
    .object({ earliest_physical_backup_date_unix: z.number().int().optional(), latest_physical_backup_date_unix: z.number().int().optional() })
    .nullish(),
});

/** The backups that Supabase makes of a project, as its Management API lists them. */
export type PrimaryBackupsAnswer = z.infer<typeof answerSchema>;

/** A look at them. A reason names statuses and the project, never the token or what a server wrote. */
export type PrimaryBackupsLook =
  | { outcome: "answered"; answer: PrimaryBackupsAnswer }
  | { outcome: "no_token"; reason: string }
  | { outcome: "unanswered"; reason: string };

const HOSTED_API = "https://api.supabase.com";
const DEADLINE_MS = 10_000;

/**
 * Asks the Management API for a project's own backups. Never throws: what goes wrong is the reason of the look.
 * Functions cannot have secrets that start with SUPABASE_, hence two names for the token.
 */
export async function askPrimaryBackups(env: Env, projectRef: string, fetcher: typeof fetch = fetch): Promise<PrimaryBackupsLook> {
  const token = env["HOLDFAST_ACCESS_TOKEN"] || env["SUPABASE_ACCESS_TOKEN"];
  if (!token) return { outcome: "no_token", reason: "no access token" };
  const base = parseBase(env["HOLDFAST_MANAGEMENT_API_URL"] || HOSTED_API);
  if (base === undefined) return unanswered("HOLDFAST_MANAGEMENT_API_URL is no https URL");
  // A line break, as in a pasted token, would make fetch throw an error that quotes the header.
  if (!/^[\x21-\x7e]+$/.test(token)) return unanswered("the access token holds characters that no token has");
  try {
    const response = await fetcher(`${base}/v1/projects/${encodeURIComponent(projectRef)}/database/backups`, {
      headers: { authorization: `Bearer ${token}`, accept: "application/json" },
      // The token must not follow a redirect to another host.
      redirect: "manual",
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      return unanswered(explainStatus(response.status, projectRef));
    }
    const parsed = answerSchema.safeParse(await response.json());
    if (parsed.success) return { outcome: "answered", answer: parsed.data };
    const where = parsed.error.issues.map(({ path }) => path.join(".") || "the answer").slice(0, 3).join(", ");
    return unanswered(`the Management API answered something else than a list of backups (${where})`);
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "TimeoutError" || name === "AbortError") return unanswered(`the Management API did not answer within ${DEADLINE_MS / 1000} s`);
    if (name === "SyntaxError") return unanswered("the Management API answered something else than JSON");
    return unanswered("the Management API cannot be reached");
  }
}

function unanswered(reason: string): PrimaryBackupsLook {
  return { outcome: "unanswered", reason };
}

/** A token in clear text is sent to this machine only. */
function parseBase(value: string): string | undefined {
  try {
    const url = new URL(value);
    const near = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
    if (url.protocol !== "https:" && !(url.protocol === "http:" && near)) return undefined;
    return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  } catch {
    return undefined;
  }
}

function explainStatus(status: number, projectRef: string): string {
  if (status === 401 || status === 403) return `the Management API refuses the access token (${status})`;
  if (status === 404) return `the Management API knows no project ${projectRef} (404)`;
  if (status === 429) return "the Management API asks to come back later (429)";
  return `the Management API answered ${status}`;
}
