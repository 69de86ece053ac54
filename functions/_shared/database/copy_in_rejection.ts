import { sqlStateOf } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";

/** What the SQLSTATEs mean that rows run into; the server's own words may quote the row. */
const MEANINGS: Readonly<Record<string, string>> = {
  "22001": "value too long", "22003": "number out of range", "22007": "date not valid", "22008": "date out of range",
  "22021": "character not valid", "22P02": "value not valid for its type", "22P04": "text does not have the columns expected",
  "23502": "null where none is allowed", "23503": "foreign key broken", "23505": "key exists already", "23514": "check constraint broken",
  "23P01": "exclusion constraint broken", "42501": "permission denied", "42703": "column does not exist", "42P01": "table does not exist",
  "53100": "disk full", "53200": "out of memory", "55P03": "lock not available", "57014": "cancelled", "40P01": "deadlock", "25006": "read-only transaction",
};

const HINTS: Readonly<Record<string, string>> = {
  "23505": "The table has rows already; restore into an empty one.",
  "23514": "A partition or check that compares texts depends on the collation: create the target from template0 with the locale of the source.",
  "42501": "Restore as a role that may insert into the table and is not bound by its policies.",
  "53100": "Make room on the target's disk, then repeat the command: it continues where it stopped.",
  "25006": "Restore into a primary, and see default_transaction_read_only.",
};

/** A field of the server's error that holds a name of the catalog. */
function nameIn(error: object, field: "column" | "constraint"): string {
  const value: unknown = Reflect.get(error, field);
  return typeof value === "string" ? `, ${field} ${value}` : "";
}

/** The line within the copied text. The context goes on with the value, which is left behind. */
function lineIn(error: object): string {
  const where: unknown = Reflect.get(error, "where");
  const line = typeof where === "string" ? /^COPY [^\n]*?, line (\d+)/.exec(where)?.[1] : undefined;
  return line === undefined ? "" : `, line ${line}`;
}

/** HF505 for an error of the server, without its message, detail and context, any of which may quote values of rows. */
export function rejectedRows(error: Error, subject: string): HoldfastError {
  const state = sqlStateOf(error) ?? "unknown";
  const meaning = MEANINGS[state] ?? "rejected by the server";
  return new HoldfastError("HF505", `Cannot load ${subject}`, {
    detail: `${meaning} (SQLSTATE ${state})${lineIn(error)}${nameIn(error, "column")}${nameIn(error, "constraint")}.`,
    hint: HINTS[state] ?? "See the PostgreSQL log of the target for the row.",
    cause: Object.assign(new Error(`SQLSTATE ${state}`), { code: state }),
  });
}
