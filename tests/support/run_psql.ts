import { execFile } from "node:child_process";

export interface PsqlResult {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs the real psql program with a script on its standard input.
 * @throws {Error} when psql is not installed; the embedded server does not bring it
 */
export function runPsql(url: string, script: string, options: readonly string[] = []): Promise<PsqlResult> {
  return new Promise((resolve, reject) => {
    const child = execFile("psql", ["--no-psqlrc", "--quiet", ...options, url], { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error !== null && "code" in error && error.code === "ENOENT") reject(new Error("This test needs psql: install the package postgresql-client"));
      else resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
    // psql may stop at the first error and leave the rest unread.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(script);
  });
}
