import { type Client, escapeIdentifier } from "pg";
import { z } from "zod";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { readContent } from "./read_object.ts";
import type { RestoreContext } from "./restore_context.ts";

const sequencesSchema = z.array(z.object({
  schema: z.string(), name: z.string(),
  // As text, since a bigint exceeds what a number can hold.
  last_value: z.string().regex(/^-?\d+$/), is_called: z.boolean(),
}));

type Position = z.infer<typeof sequencesSchema>[number];

/** A wanted position, and what the target has of this name: its step and start, null where there is none. */
interface Wanted extends Position {
  of_table: boolean;
  step: string | null;
  start: string | null;
}

/** The target's sequences out of a list, and whether a table of the selection, null for all, owns or uses each. */
const FOUND_SQL = `
  select wanted.schema, wanted.name, wanted.last_value, wanted.is_called,
         case when $2::jsonb is null then true else exists (select from pg_catalog.pg_depend d
                 left join pg_catalog.pg_attrdef f on d.classid = 'pg_catalog.pg_attrdef'::regclass and f.oid = d.objid
                 join pg_catalog.pg_class t on t.oid = coalesce(f.adrelid, d.refobjid)
                 join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
                 join pg_catalog.jsonb_to_recordset($2::jsonb) as chosen(schema text, name text) on chosen.schema = tn.nspname and chosen.name = t.relname
                 where (d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i'))
                    or (d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = c.oid and f.oid is not null)) end as of_table,
         s.seqincrement::text as step, s.seqstart::text as start
  from pg_catalog.jsonb_to_recordset($1::jsonb) as wanted(schema text, name text, last_value text, is_called boolean)
  left join pg_catalog.pg_namespace n on n.nspname = wanted.schema
  left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.name and c.relkind = 'S'
  left join pg_catalog.pg_sequence s on s.seqrelid = c.oid`;

const SET_SQL = `
  select pg_catalog.setval(pg_catalog.format('%I.%I', w.schema, w.name)::regclass, w.last_value::bigint, w.is_called)
  from pg_catalog.jsonb_to_recordset($1::jsonb) as w(schema text, name text, last_value text, is_called boolean)`;

export interface RestoreSequencesOptions {
  /** An earlier call has set them: one that went on since has handed out values, and stays. */
  again?: boolean;
}

/**
 * Sets the sequences to their positions. Where only some tables are restored, those that the tables own or use, and those
 * of chosen schemas. What is missing in the target or refused by it is added to `leftOut`.
 *
 * @throws {HoldfastError} HF501 if sequences.json is missing or damaged.
 */
export async function restoreSequences(context: RestoreContext, { again = false }: RestoreSequencesOptions = {}): Promise<void> {
  const { client, options: { only } } = context;
  const positions = await readPositions(context);
  const { rows } = await client.query<Wanted>(FOUND_SQL,
    [JSON.stringify(positions), only === null ? null : JSON.stringify(context.tables.map(({ schema, name }) => ({ schema, name })))]);
  const wanted = rows.filter((one) => one.of_table || only?.some((chosen) => chosen.schema === one.schema && (chosen.name === null || chosen.name === one.name)));
  for (const one of wanted.filter((each) => each.step === null)) leave(context, one, "version", "The target has no such sequence.");
  const present = wanted.filter((one) => one.step !== null);
  if (!again && await setAll(client, present)) {
    context.onProgress(present.length, present.length, "");
    return;
  }
  // One of them is refused, and one statement sets all or none of them; or each is looked at first.
  for (const [index, one] of present.entries()) {
    try {
      if (again) await setUnlessFurther(client, one);
      else await client.query(SET_SQL, [JSON.stringify([one])]);
    } catch (error) {
      const state = sqlStateOf(error);
      if (state === undefined) throw error;
      if (state === "42501") leave(context, one, "role", "The role may not set it.");
      else leave(context, one, "version", state === "22003" ? "Its position is outside of the bounds that the target's sequence has." : `The server refuses it (SQLSTATE ${state}).`);
    }
    context.onProgress(index + 1, present.length, `${one.schema}.${one.name}`);
  }
}

/** One that was never used stands at its start, which the source's may have been set back behind. */
async function setUnlessFurther(client: Client, { schema, name, last_value, is_called, step, start }: Wanted): Promise<void> {
  const place = `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
  await client.query(
    `select pg_catalog.setval($1::regclass, $2::bigint, $3::boolean) from ${place} q
     where (not q.is_called and q.last_value = $5::bigint)
        or ((q.last_value::numeric + case when q.is_called then $4::numeric else 0 end) - ($2::numeric + case when $3::boolean then $4::numeric else 0 end)) * sign($4::numeric) < 0`,
    [place, last_value, is_called, step, start]);
}

async function readPositions(context: RestoreContext): Promise<Position[]> {
  const text = await readContent(context.backup, "sequences.json");
  try {
    return sequencesSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new HoldfastError("HF501", "Object sequences.json of the backup does not have the expected form", { hint: "Restore from another run.", cause });
  }
}

async function setAll(client: Client, positions: readonly Position[]): Promise<boolean> {
  try {
    await client.query(SET_SQL, [JSON.stringify(positions)]);
    return true;
  } catch (error) {
    if (sqlStateOf(error) === undefined) throw error;
    return false;
  }
}

function leave(context: RestoreContext, one: Position, reason: "role" | "version", message: string): void {
  context.leftOut.push({ reason, subject: `position of sequence ${one.schema}.${one.name}`, message });
}
