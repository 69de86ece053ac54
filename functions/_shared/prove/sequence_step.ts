import { escapeIdentifier, escapeLiteral, type Client } from "pg";
import { z } from "zod";
import { hasContent, readContent } from "../restore/read_object.ts";
import { isSelected } from "../restore/select_tables.ts";
import type { ProofFinding } from "./proof.ts";
import { finding, findingOfError, isPartial, type ProofStep, type ProveContext, subjectOf } from "./proof_step.ts";
import { callCheck } from "./sql_check_steps.ts";
import { withHoldfast } from "./with_holdfast.ts";

const CHECK = "check_sequences";

const positions = z.array(z.object({
  schema: z.string(), name: z.string(), last_value: z.string().nullable(), is_called: z.boolean().nullable(),
}));

type Position = z.infer<typeof positions>[number];

/** Sequences asked for in one statement. */
const BATCH = 100;

/**
 * The step that compares sequences: each is where the backup has it or further on, and its next value lies beyond what the
 * columns hold. A sequence that was behind its column in the source already came back as it was; that is said, and is no
 * failure of the restore.
 */
export function sequenceStep(context: ProveContext): ProofStep {
  return {
    id: "sequences", check_name: CHECK, weight: 8 * 1024 * 1024, heavy: false,
    run: async (client) => {
      if (context.options.schemaOnly || !hasContent(context.backup, "sequences.json")) {
        return { findings: [finding(CHECK, "sequences", "skipped", null, context.options.schemaOnly ? "only the schema was restored" : "the backup has no positions")] };
      }
      const wanted = positions.parse(JSON.parse(await readContent(context.backup, "sequences.json")));
      const compared = await comparePositions(client, context, wanted);
      const uses = await withHoldfast(client, undefined, () => callCheck(client, CHECK, "backup.check_sequences()", [], "sequences"));
      const asInSource = new Set(compared.filter((one) => one.evidence["equal"] === true).map((one) => one.subject));
      const schemas = new Set(context.backup.manifest.tables.map((one) => one.schema));
      return { findings: [...compared, ...uses.filter((one) => isOurs(one, context, schemas)).map((one) => excuse(one, asInSource))] };
    },
  };
}

/** Subjects are "sequence for table.column"; a restore of some tables answers for the sequences it has moved. */
function isOurs(one: ProofFinding, context: ProveContext, schemas: ReadonlySet<string>): boolean {
  if (!isPartial(context)) return true;
  const [sequence = ""] = one.subject.split(" for ");
  return context.options.only === null || [...schemas].some((schema) => sequence.startsWith(`${subjectOf({ schema, name: "" }).slice(0, -2)}`));
}

function excuse(one: ProofFinding, asInSource: ReadonlySet<string>): ProofFinding {
  const [sequence = ""] = one.subject.split(" for ");
  if (one.verdict !== "failed" || !asInSource.has(sequence)) return one;
  return { ...one, verdict: "skipped", actual: `${one.actual ?? "behind"}, as in the source` };
}

interface FoundPosition {
  last_value: string;
  is_called: boolean;
}

async function comparePositions(client: Client, context: ProveContext, wanted: readonly Position[]): Promise<ProofFinding[]> {
  const { rows: known } = await client.query<{ schema: string; name: string; step: string }>(
    `select n.nspname as schema, c.relname as name, s.seqincrement::text as step
     from pg_catalog.pg_sequence s join pg_catalog.pg_class c on c.oid = s.seqrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace`);
  const steps = new Map(known.map((one) => [subjectOf(one), BigInt(one.step)]));
  const findings: ProofFinding[] = [];
  const present = wanted.filter((one) => {
    if (context.options.only !== null && !isSelected(context.options.only, one)) return false;
    const subject = subjectOf(one);
    if (one.last_value === null || one.is_called === null) findings.push(finding(CHECK, subject, "skipped", null, "the export could not read it"));
    else if (steps.has(subject)) return true;
    else if (context.target.platformSchemas.includes(one.schema)) findings.push(finding(CHECK, subject, "skipped", null, "the target's platform does not have it"));
    else findings.push(finding(CHECK, subject, "failed", "the sequence exists", "the sequence is missing"));
    return false;
  });
  for (let at = 0; at < present.length; at += BATCH) {
    const batch = present.slice(at, at + BATCH);
    const found = await readPositions(client, batch);
    for (const one of batch) findings.push(comparePosition(one, found.get(subjectOf(one)), steps.get(subjectOf(one)) ?? 1n));
  }
  return findings;
}

/** Reads them together; where one may not be read, one by one. */
async function readPositions(client: Client, batch: readonly Position[]): Promise<Map<string, FoundPosition | ProofFinding>> {
  const query = (some: readonly Position[]) => client.query<FoundPosition & { subject: string }>(some.map((one) =>
    `select ${escapeLiteral(subjectOf(one))} as subject, q.last_value::text, q.is_called from ${escapeIdentifier(one.schema)}.${escapeIdentifier(one.name)} q`).join(" union all "));
  try {
    return new Map((await query(batch)).rows.map((row) => [row.subject, row]));
  } catch (error) {
    const [only, another] = batch;
    if (only !== undefined && another === undefined) return new Map([[subjectOf(only), findingOfError(CHECK, subjectOf(only), "where the backup has it, or further on", error)]]);
    const found = new Map<string, FoundPosition | ProofFinding>();
    for (const one of batch) for (const [key, value] of await readPositions(client, [one])) found.set(key, value);
    return found;
  }
}

function comparePosition(wanted: Position, found: FoundPosition | ProofFinding | undefined, step: bigint): ProofFinding {
  const subject = subjectOf(wanted);
  const expected = `next value ${next(wanted.last_value ?? "0", wanted.is_called === true, step)} or further on`;
  if (found === undefined) return finding(CHECK, subject, "inconclusive", expected, "it was not read");
  if ("verdict" in found) return found;
  const [before, after] = [next(wanted.last_value ?? "0", wanted.is_called === true, step), next(found.last_value, found.is_called, step)];
  const behind = step > 0n ? after < before : after > before;
  return finding(CHECK, subject, behind ? "failed" : "passed", expected, `next value ${after}`, { equal: after === before });
}

function next(last: string, isCalled: boolean, step: bigint): bigint {
  return BigInt(last) + (isCalled ? step : 0n);
}
