import { execFile } from "node:child_process";
import { pathWithPsql } from "./find_psql.ts";

export interface PsqlResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs psql, or its stand-in where it is not installed, with a script on its standard input. */
export async function runPsql(url: string, script: string, options: readonly string[] = []): Promise<PsqlResult> {
  const env = { ...process.env, PATH: await pathWithPsql() };
  return await new Promise((resolve) => {
    const child = execFile("psql", ["--no-psqlrc", "--quiet", ...options, url], { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
    // psql may stop at the first error and leave the rest unread.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(script);
  });
}
