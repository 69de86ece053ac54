import { z } from "zod";
import { HoldfastError } from "../errors/holdfast_error.ts";

/** Version of the layout. A reader refuses a higher one. */
export const MANIFEST_VERSION = 1;

/** Chunks a table may list inside the manifest; more go into an object of their own, so that the manifest stays small. */
export const INLINE_CHUNKS = 500;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();
/** Relative to the folder of the manifest, so that a copied bucket stays valid. Never leaves that folder. */
const key = z.string().regex(/^(?!\/)(?!.*(^|\/)\.\.?(\/|$))[^\0]+$/);

const object = z.object({ content: z.string(), key, sha256, bytes: count });

export const chunkListSchema = z.array(z.object({
  key, sha256, bytes: count, raw_bytes: count, rows: count,
  first_tid: z.string(), end_tid: z.string().nullable(),
}));

/**
 * What tells about the rows or the schema. An encrypted backup keeps it in an object of its own, tables.json: who knows the
 * fingerprint of a small table could try out which rows it had.
 */
const tableDetails = { columns: z.array(z.string()), fingerprint: z.string().regex(/^[0-9a-f]{16}$/), fingerprint_expression: z.string() };

/** tables.json: those details of every table. */
export const tableDetailsSchema = z.array(z.object({ schema: z.string(), name: z.string(), ...tableDetails }));

const tableOutline = {
  schema: z.string(), name: z.string(), rows: count, raw_bytes: count, stored_bytes: count,
  chunks: chunkListSchema.optional(),
  chunk_list: object.optional(),
};
const hasChunksOnce = (one: { chunks?: unknown; chunk_list?: unknown }) => (one.chunks === undefined) !== (one.chunk_list === undefined);
const CHUNKS_TWICE = "must have either chunks or chunk_list";

const table = z.object({ ...tableOutline, ...tableDetails }).refine(hasChunksOnce, CHUNKS_TWICE);

/** Details that have not been read. No fingerprint is empty, so none of a table can be mistaken for it. */
const UNREAD = { columns: [] as string[], fingerprint: "", fingerprint_expression: "" };
const sealedTable = z.object(tableOutline).refine(hasChunksOnce, CHUNKS_TWICE).transform((one) => ({ ...one, ...UNREAD }));

/** manifest.json. docs/format.md explains every field. */
export const manifestSchema = z.object({
  format: z.literal("holdfast-backup"),
  format_version: z.literal(MANIFEST_VERSION),
  tool: z.object({ name: z.string(), version: z.string() }),
  project: z.string(),
  run_id: z.string().regex(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/),
  tier: z.enum(["daily", "weekly", "monthly"]),
  engine: z.enum(["functions", "cli"]),
  snapshot: z.object({ id: z.string(), at: z.iso.datetime({ offset: true }), lsn: z.string(), xids: z.string() }),
  server: z.object({
    version: z.string(), version_num: count, database: z.string(), settings: z.record(z.string(), z.string()),
    // Recognise the source among targets. Missing where the role may not ask, and in backups made before they were noted.
    system_identifier: z.string().regex(/^\d+$/).optional(), database_oid: count.optional(),
  }),
  encryption: z.null(),
  objects: z.array(object),
  tables: z.array(table),
  excluded: z.array(z.object({ schema: z.string(), name: z.string(), reason: z.string() })),
  warnings: z.array(z.object({ code: z.string(), subject: z.string(), message: z.string() })),
  totals: z.object({ tables: count, rows: count, objects: count, raw_bytes: count, stored_bytes: count }),
  finished_at: z.iso.datetime({ offset: true }),
});

/** manifest.json of an encrypted backup. */
export const sealedManifestSchema = manifestSchema.extend({
  encryption: z.object({ format: z.literal("age"), recipients: z.array(z.string()).min(1) }),
  tables: z.array(sealedTable),
});

/** As it was written, or with what tables.json adds to it. */
export type Manifest = Omit<z.infer<typeof manifestSchema>, "encryption"> & {
  encryption: z.infer<typeof sealedManifestSchema>["encryption"] | null;
};
export type ManifestTable = z.infer<typeof table>;
export type TableDetails = z.infer<typeof tableDetailsSchema>[number];
export type ManifestChunk = z.infer<typeof chunkListSchema>[number];

/**
 * Reads a manifest from the bytes of manifest.json. Columns and fingerprints of an encrypted one are empty until `unsealBackup`
 * has read them; everything that finds, checks, keeps and deletes objects is there.
 *
 * @throws {HoldfastError} HF306 naming the first field that does not fit.
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new HoldfastError("HF306", "Cannot read the manifest as it is not JSON", {
      hint: "The object is damaged; choose another restore point.", cause });
  }
  const version = typeof value === "object" && value !== null && "format_version" in value ? value.format_version : undefined;
  if (typeof version === "number" && version > MANIFEST_VERSION) {
    throw new HoldfastError("HF306", `Cannot read the manifest as its format version is ${version}`, {
      detail: `This version reads ${MANIFEST_VERSION}.`, hint: "Use the version of Holdfast that wrote it, or a newer one." });
  }
  const encrypted = typeof value === "object" && value !== null && "encryption" in value && value.encryption !== null;
  const parsed = (encrypted ? sealedManifestSchema : manifestSchema).safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new HoldfastError("HF306", "Cannot read the manifest as it does not have the expected form", {
    detail: `${issue?.path.join(".") ?? "manifest"}: ${issue?.message ?? "not valid"}`,
    hint: "The object is damaged or was edited; choose another restore point." });
}
