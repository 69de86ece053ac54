import { spawn, spawnSync } from "node:child_process";
import { parseTap, type TapResult } from "./parse_tap.ts";

export interface ProveFile {
  readonly path: string;
  readonly result: TapResult;
}

/** Whether pg_prove can be started here. */
export function hasPgProve(): boolean {
  return spawnSync("pg_prove", ["--version"], { stdio: "ignore" }).status === 0;
}

/**
 * Cuts the output of `pg_prove --verbose` into the TAP of each file. SQL errors come on another stream, at their own
 * pace, so they are matched by the file name that psql puts in front of them.
 */
export function splitProveOutput(output: string, errors: string): ProveFile[] {
  const interruptions = new Map<string, string>();
  for (const line of errors.split("\n")) {
    const error = /^psql:(.+):(\d+): (?:ERROR|FATAL): +(.*)$/.exec(line);
    if (error?.[1] !== undefined && !interruptions.has(error[1])) {
      interruptions.set(error[1], `SQL error ${error[3]} (line ${error[2]})`);
    }
  }
  const sections: { path: string; lines: string[] }[] = [];
  for (const line of output.split("\n")) {
    const header = /^(\S.*\.sql) \.+\s*(.*)$/.exec(line);
    if (header?.[1] !== undefined) sections.push({ path: header[1], lines: header[2] ? [header[2]] : [] });
    else if (/^Test Summary Report$|^All tests successful\.|^Files=\d/.test(line)) break;
    // The verdict of prove on the file, not an assertion: a bare "ok".
    else if (line !== "ok") sections.at(-1)?.lines.push(line);
  }
  return sections.map(({ path, lines }) => ({ path, result: parseTap(lines.join("\n"), interruptions.get(path)) }));
}

/**
 * Runs files through pg_prove with the flags of `supabase test db`. The password goes through the environment,
 * because arguments can be read by every user of the machine.
 */
export async function runPgProve(databaseUrl: string, paths: readonly string[]): Promise<{ files: ProveFile[]; exit: number }> {
  const url = new URL(databaseUrl);
  const args = ["--ext", ".pg", "--ext", ".sql", "-r", "--verbose",
    "--host", decodeURIComponent(url.hostname), "--port", url.port || "5432",
    "--username", decodeURIComponent(url.username), "--dbname", decodeURIComponent(url.pathname.slice(1)), ...paths];
  const env = { ...process.env, ...(url.password === "" ? {} : { PGPASSWORD: decodeURIComponent(url.password) }),
    ...(url.searchParams.get("sslmode") === null ? {} : { PGSSLMODE: url.searchParams.get("sslmode") ?? "" }) };
  const child = spawn("pg_prove", args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const output: string[] = [];
  const errors: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => output.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
  const exit = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
  return { files: splitProveOutput(output.join(""), errors.join("")), exit };
}
