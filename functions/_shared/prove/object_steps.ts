import type { Client } from "pg";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { ManifestChunk, ManifestTable } from "../export/manifest.ts";
import { MANIFEST_NAME } from "../export/write_manifest.ts";
import { chunksOf } from "../restore/chunk_lists.ts";
import { readLimitsOf } from "../restore/read_limits.ts";
import { type ObjectRef, readObject } from "../restore/read_object.ts";
import { sha256Hex } from "../s3/sha256_hex.ts";
import type { ProofFinding } from "./proof.ts";
import { finding, type ProofStep, type ProveContext, subjectOf } from "./proof_step.ts";

const CHECK = "check_object_checksums";

/** Objects read side by side: their time is mostly that of the way. */
const CONCURRENCY = 4;

/** What the restore has noted in the target: which chunks it loaded, each after its hash was compared. Null: no such record. */
interface LoadRecord {
  manifestSha256: string;
  rows: Map<string, number>;
}

async function readLoadRecord(client: Client): Promise<LoadRecord | null> {
  const { rows: [there] } = await client.query<{ found: boolean }>("select to_regclass('holdfast_restore.chunks') is not null as found");
  if (there?.found !== true) return null;
  const { rows: [restore] } = await client.query<{ sha256: string }>("select r.manifest_sha256 as sha256 from holdfast_restore.restore r");
  const { rows } = await client.query<{ key: string; rows: string }>("select c.key, c.rows::text as rows from holdfast_restore.chunks c");
  return restore === undefined ? null : { manifestSha256: restore.sha256, rows: new Map(rows.map((one) => [one.key, Number(one.rows)])) };
}

/**
 * Steps that compare the objects with the manifest. Rows that the restore has noted as loaded were compared on their way in and
 * are not fetched twice; without that record every object is read back.
 */
export async function objectSteps(client: Client, context: ProveContext): Promise<ProofStep[]> {
  const { backup, options, tables } = context;
  const record = options.schemaOnly ? null : await readLoadRecord(client);
  const steps: ProofStep[] = [{
    id: "objects", check_name: CHECK, weight: backup.manifest.objects.reduce((sum, one) => sum + one.bytes, 0), heavy: false,
    run: async () => ({ findings: [...await checkManifest(context, record), ...await readBack(context, backup.manifest.objects, "objects that are not rows")] }),
  }];
  if (options.schemaOnly) return steps;
  if (record !== null) {
    steps.push({ id: "objects:loaded", check_name: CHECK, weight: 1024 * 1024, heavy: false, run: async () => ({ findings: await compareLoaded(context, record) }) });
    return steps;
  }
  return [...steps, ...tables.filter((one) => one.rows > 0 || (one.chunks?.length ?? 1) > 0).map((table): ProofStep => ({
    id: `objects:${subjectOf(table)}`, check_name: CHECK, weight: table.stored_bytes, heavy: false,
    run: async () => ({ findings: await withChunks(context, table, (chunks) => readBack(context, chunks, subjectOf(table))) }),
  }))];
}

/** The manifest is what everything else is held against: it must be the one that was restored from, and agree with itself. */
async function checkManifest({ backup }: ProveContext, record: LoadRecord | null): Promise<ProofFinding[]> {
  const { manifest, prefix, s3 } = backup;
  const expected = `sha256 ${backup.manifestSha256}`;
  const fail = (actual: string) => [finding(CHECK, MANIFEST_NAME, "failed", expected, actual)];
  let now: string;
  try {
    now = await sha256Hex(await s3.getObject(prefix + MANIFEST_NAME, { maxBytes: readLimitsOf(backup).manifestBytes }));
  } catch (error) {
    // It was opened within the same limit, so it is another one.
    if (error instanceof HoldfastError && error.code === "HF209") return fail("it has become longer");
    throw error;
  }
  if (now !== backup.manifestSha256) return fail(`sha256 ${now}`);
  if (record !== null && record.manifestSha256 !== now) return fail(`the rows were loaded by a manifest with sha256 ${record.manifestSha256}`);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const { totals, tables, objects } = manifest;
  const lists = tables.flatMap((one) => (one.chunk_list === undefined ? [] : [one.chunk_list]));
  const sound = totals.tables === tables.length && totals.rows === sum(tables.map((one) => one.rows))
    && totals.raw_bytes === sum(tables.map((one) => one.raw_bytes))
    && totals.stored_bytes === sum([...tables.map((one) => one.stored_bytes), ...objects.map((one) => one.bytes), ...lists.map((one) => one.bytes)])
    && tables.every((one) => one.chunks === undefined || sum(one.chunks.map((chunk) => chunk.bytes)) === one.stored_bytes);
  if (!sound) return [finding(CHECK, MANIFEST_NAME, "failed", "its totals are the sums of its entries", "they are not: it was edited")];
  return [finding(CHECK, MANIFEST_NAME, "passed", expected, expected, { tables: tables.length })];
}

/** A list of chunks that cannot be read is a damaged object like any other. */
async function withChunks(context: ProveContext, table: ManifestTable, look: (chunks: ManifestChunk[]) => Promise<ProofFinding[]> | ProofFinding[]): Promise<ProofFinding[]> {
  try {
    return await look(await chunksOf(context.backup, table));
  } catch (error) {
    return [damage(subjectOf(table), error)];
  }
}

/** @throws the error itself unless it says that an object is missing or damaged. */
function damage(subject: string, error: unknown): ProofFinding {
  if (!(error instanceof HoldfastError) || error.code !== "HF501") throw error;
  return finding(CHECK, subject, "failed", "the bytes the manifest names", [error.message, error.detail].filter(Boolean).join(": "));
}

async function readBack(context: ProveContext, refs: readonly ObjectRef[], subject: string): Promise<ProofFinding[]> {
  const queue = [...refs];
  const findings: ProofFinding[] = [];
  const work = async (): Promise<void> => {
    for (let ref = queue.shift(); ref !== undefined; ref = queue.shift()) {
      try {
        await readObject(context.backup, ref);
      } catch (error) {
        findings.push(damage(ref.key, error));
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  if (findings.length > 0) return findings;
  const bytes = refs.reduce((sum, one) => sum + one.bytes, 0);
  return [finding(CHECK, subject, "passed", `${refs.length} objects with the recorded hash`, `${refs.length} objects with the recorded hash`, { objects: refs.length, bytes })];
}

async function compareLoaded(context: ProveContext, record: LoadRecord): Promise<ProofFinding[]> {
  const findings: ProofFinding[] = [];
  let loaded = 0;
  for (const table of context.tables) {
    findings.push(...await withChunks(context, table, (chunks) => chunks.flatMap((chunk) => {
      const rows = record.rows.get(chunk.key);
      if (rows === chunk.rows) {
        loaded += 1;
        return [];
      }
      const actual = rows === undefined ? "it was not loaded" : `it was loaded with ${rows} rows`;
      return [finding(CHECK, chunk.key, "failed", `loaded with ${chunk.rows} rows after its hash was compared`, actual)];
    })));
  }
  if (findings.length > 0) return findings;
  const count = `${loaded} objects loaded after their hash was compared`;
  return [finding(CHECK, "rows", "passed", count, count, { objects: loaded })];
}
