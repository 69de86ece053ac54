import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const REPOSITORY = join(import.meta.dirname, "../..");

export interface SupabaseResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SupabaseOptions {
  /** The folder that holds supabase/. */
  readonly workdir?: string;
  /** Where the Management API answers; without it no command may need it. */
  readonly api?: { readonly url: string; readonly accessToken: string };
}

const NOWHERE = { url: "http://127.0.0.1:9", accessToken: `sbp_${"0".repeat(40)}` };

/** Runs the Supabase CLI of this repository with no state, no settings and no network of the machine it runs on. */
export async function runSupabase(args: readonly string[], options: SupabaseOptions = {}): Promise<SupabaseResult> {
  const home = await mkdtemp(join(tmpdir(), "holdfast-supabase-"));
  try {
    const { url, accessToken } = options.api ?? NOWHERE;
    // The CLI reads a profile as YAML.
    const profile = join(home, "profile.yaml");
    await writeFile(profile, `name: loopback\napi_url: ${url}\ndashboard_url: ${url}\nproject_host: localhost\n`);
    return await run(
      [join(REPOSITORY, "node_modules/supabase/dist/supabase.js"), ...args, "--workdir", options.workdir ?? REPOSITORY, "--yes"],
      {
        PATH: process.env["PATH"],
        HOME: home,
        SUPABASE_PROFILE: profile,
        SUPABASE_ACCESS_TOKEN: accessToken,
        SUPABASE_NO_KEYRING: "1",
        SUPABASE_NO_UPDATE_NOTIFIER: "1",
        SUPABASE_TELEMETRY_DISABLED: "1",
        NO_COLOR: "1",
        // The databases here are on loopback and speak no TLS; otherwise every command warns about it.
        PGSSLMODE: "disable",
      },
    );
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<SupabaseResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.once("error", reject);
    child.once("close", (code) => resolve({ status: code ?? -1, stdout, stderr }));
  });
}
