import pg from "pg";
import { parseTap, type TapResult } from "./parse_tap.ts";

/** Runs SQL text of several statements and hands over each row as psql -At prints it. Rejects at the first error. */
export type RunSql = (text: string, onLine: (line: string) => void) => Promise<void>;

/**
 * Runs one pgTAP file without psql. It stops at the first SQL error, as pg_prove makes psql do; what was printed
 * until then still counts.
 */
export async function runPgtapFile(text: string, runSql: RunSql): Promise<TapResult> {
  const command = /^\\\w+/m.exec(text);
  if (command !== null) return parseTap("", `uses the psql command ${command[0]}, which only pg_prove understands`);
  const lines: string[] = [];
  try {
    await runSql(text, (line) => lines.push(line));
  } catch (error) {
    return parseTap(lines.join("\n"), describe(error));
  }
  return parseTap(lines.join("\n"));
}

/** One connection per call, so that a file cannot leave settings or temporary tables to the next. */
export function runSqlOn(databaseUrl: string): RunSql {
  return async (text, onLine) => {
    const client = new pg.Client({ connectionString: databaseUrl, application_name: "run_pgtap" });
    await client.connect();
    // Without a listener a connection that breaks would end the process instead of failing this file.
    client.on("error", () => {});
    try {
      const config: pg.QueryArrayConfig = { text, rowMode: "array", types: { getTypeParser: () => String } };
      await new Promise<void>((resolve, reject) => {
        // node-postgres drops the rows of a multi-statement query that fails, unless they are taken one by one.
        const query = new pg.Query(config);
        query.on("row", (row: unknown) => {
          if (Array.isArray(row)) onLine(row.map((value) => (value === null ? "" : String(value))).join("|"));
        });
        query.on("end", () => resolve());
        query.on("error", reject);
        client.query(query);
      });
    } finally {
      await client.end().catch(() => {});
    }
  };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? `${error.code} ` : "";
  return `SQL error ${code}${error.message}`;
}
