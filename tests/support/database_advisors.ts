import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { runSupabase } from "./run_supabase.ts";

const Advice = z.object({
  name: z.string(),
  level: z.string(),
  detail: z.string(),
  metadata: z.object({ schema: z.string().optional() }).nullish(),
});

/** One finding of `supabase db advisors`. */
export type Advice = z.infer<typeof Advice>;

/**
 * Asks the Supabase CLI what its advisors say about the given schemas of a database; they write nothing.
 * The schemas count as exposed through the Data API, which arms the rules that only look at exposed ones.
 */
export async function databaseAdvisors(url: string, schemas: readonly string[]): Promise<Advice[]> {
  const workdir = await mkdtemp(join(tmpdir(), "holdfast-advisors-"));
  try {
    await mkdir(join(workdir, "supabase"));
    await writeFile(join(workdir, "supabase/config.toml"), `project_id = "advised"\n[api]\nschemas = ${JSON.stringify(schemas)}\n`);
    const { status, stdout, stderr } = await runSupabase(
      ["db", "advisors", `--remote=${url}`, "--level", "info", "--fail-on", "none", "-o", "json"],
      { workdir },
    );
    if (status !== 0) throw new Error(`supabase db advisors failed: ${stderr}`);
    const advice = z.array(Advice).nullable().parse(JSON.parse(stdout)) ?? [];
    return advice.filter(({ metadata }) => metadata?.schema !== undefined && schemas.includes(metadata.schema));
  } finally {
    await rm(workdir, { recursive: true, force: true });
  }
}
