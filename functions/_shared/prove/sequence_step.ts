import { escapeIdentifier, escapeLiteral, type Client } from "pg";
import { z } from "zod";
import { hasContent, readContent } from "../restore/read_object.ts";
import { isSelected } from "../restore/select_tables.ts";
import type { ProofFinding } from "./proof.ts";
import { finding, findingOfError, type ProofStep, type ProveContext, subjectOf } from "./proof_step.ts";
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
      const calls = context.options.only === null ? [[]] : context.tables.map((one) => [one.schema, one.name]);
      const uses = await withHoldfast(client, undefined, async () => {
        const found: ProofFinding[] = [];
        for (const values of calls) found.push(...await callCheck(client, CHECK, `backup.check_sequences(${values.length === 0 ? "" : "$1, $2"})`, values, "sequences"));
        return found;
      }).catch((error: unknown) => [findingOfError(CHECK, "sequences", "the check runs to its end", error)]);
      const asInSource = new Set(compared.filter((one) => one.evidence["equal"] === true).map((one) => one.subject));
      return { findings: [...compared, ...uses.map((one) => excuse(one, asInSource))] };
    },
  };
}

/** Subjects are "sequence for table.column". */
function excuse(one: ProofFinding, asInSource: ReadonlySet<string>): ProofFinding {
  const [sequence = ""] = one.subject.split(" for ");
  if (one.verdict !== "failed" || !asInSource.has(sequence)) return one;
  return { ...one, verdict: "skipped", actual: `${one.actual ?? "behind"}, as in the source` };
}

interface FoundPosition {
  last_value: string;
  is_called: boolean;
}

/** A sequence of the backup that is in the target, under the name that SQL shows. */
interface PresentSequence extends Position {
  subject: string;
  step: bigint;
  /** It is the platform's, and the role of the restore may not set it. */
  closed: boolean;
}

async function comparePositions(client: Client, context: ProveContext, wanted: readonly Position[]): Promise<ProofFinding[]> {
  const { rows } = await client.query<{ key: string; subject: string; step: string; may_set: boolean }>(
    `select jsonb_build_array(n.nspname, c.relname)::text as key, format('%I.%I', n.nspname, c.relname) as subject, s.seqincrement::text as step,
            pg_catalog.has_sequence_privilege(c.oid, 'update') as may_set
     from pg_catalog.pg_sequence s join pg_catalog.pg_class c on c.oid = s.seqrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace`);
  const known = new Map(rows.map((one) => [JSON.stringify(JSON.parse(one.key)), one]));
  const findings: ProofFinding[] = [];
  const isPlatforms = ({ schema }: Position) => context.target.platformSchemas.includes(schema);
  const present = wanted.flatMap((one): PresentSequence[] => {
    if (context.options.only !== null && !isSelected(context.options.only, one)) return [];
    const found = known.get(JSON.stringify([one.schema, one.name]));
    if (one.last_value !== null && one.is_called !== null && found !== undefined) return [{ ...one, subject: found.subject, step: BigInt(found.step), closed: isPlatforms(one) && !found.may_set }];
    if (found !== undefined) findings.push(finding(CHECK, found.subject, "skipped", null, "the export could not read it"));
    else if (isPlatforms(one)) findings.push(finding(CHECK, subjectOf(one), "skipped", null, "the target's platform does not have it"));
    else findings.push(finding(CHECK, subjectOf(one), "failed", "the sequence exists", "the sequence is missing"));
    return [];
  });
  for (let at = 0; at < present.length; at += BATCH) {
    const batch = present.slice(at, at + BATCH);
    const found = await readPositions(client, batch);
    for (const one of batch) findings.push(comparePosition(one, found.get(one.subject)));
  }
  return findings;
}

/** Reads them together; where one may not be read, one by one. */
async function readPositions(client: Client, batch: readonly PresentSequence[]): Promise<Map<string, FoundPosition | ProofFinding>> {
  const query = (some: readonly PresentSequence[]) => client.query<FoundPosition & { subject: string }>(some.map((one) =>
    `select ${escapeLiteral(one.subject)} as subject, q.last_value::text, q.is_called from ${escapeIdentifier(one.schema)}.${escapeIdentifier(one.name)} q`).join(" union all "));
  try {
    return new Map((await query(batch)).rows.map((row) => [row.subject, row]));
  } catch (error) {
    const [only, another] = batch;
    if (only !== undefined && another === undefined) return new Map([[only.subject, findingOfError(CHECK, only.subject, "where the backup has it, or further on", error)]]);
    const found = new Map<string, FoundPosition | ProofFinding>();
    for (const one of batch) for (const [key, value] of await readPositions(client, [one])) found.set(key, value);
    return found;
  }
}

function comparePosition(wanted: PresentSequence, found: FoundPosition | ProofFinding | undefined): ProofFinding {
  const { subject, step, closed } = wanted;
  const before = next(wanted.last_value ?? "0", wanted.is_called === true, step);
  const expected = `next value ${before} or further on`;
  if (found === undefined) return finding(CHECK, subject, "inconclusive", expected, "it was not read");
  if ("verdict" in found) return found;
  const after = next(found.last_value, found.is_called, step);
  const behind = step > 0n ? after < before : after > before;
  if (behind && closed) return finding(CHECK, subject, "inconclusive", expected, `next value ${after}, which is the platform's to set`);
  return finding(CHECK, subject, behind ? "failed" : "passed", expected, `next value ${after}`, { equal: after === before });
}

function next(last: string, isCalled: boolean, step: bigint): bigint {
  return BigInt(last) + (isCalled ? step : 0n);
}
