import { z } from "zod";
import { HoldfastError } from "../errors/holdfast_error.ts";

export const CONFIG_FORMAT = "holdfast-config";

/** Tables of schema backup whose rows are part of a backup, and what their rows are ordered by. */
export const CONFIG_TABLES = [
  { table: "settings", key: "t.id" },
  { table: "policies", key: "t.name" },
  { table: "objectives", key: "t.name" },
  { table: "prices", key: "t.item" },
  { table: "critical_tables", key: "t.schema_name, t.table_name" },
  { table: "sample_queries", key: "t.name" },
  { table: "row_shrink_limits", key: "t.schema_name, t.table_name" },
  { table: "access_probes", key: "t.name" },
] as const;

/** What one access probe counted. */
const probeResult = z.object({
  name: z.string(), role: z.string(), schema: z.string(), table: z.string(),
  /** Rows the role sees, as text because it may exceed 2^53; null when the answer is an error. */
  rows: z.string().regex(/^\d+$/).nullable(),
  /** SQLSTATE of the answer; null when rows were counted. */
  error: z.string().nullable(),
  /** False when nothing was tried or it took too long. */
  looked: z.boolean(),
});

/** config.json: how the source was configured, and what its access probes counted in the snapshot. docs/format.md explains it. */
export const configSchema = z.object({
  format: z.literal(CONFIG_FORMAT),
  format_version: z.literal(1),
  tables: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))),
  access_probes: z.array(probeResult),
});

export type BackupConfig = z.infer<typeof configSchema>;
export type ProbeResult = z.infer<typeof probeResult>;

/**
 * Reads the text of config.json.
 *
 * @throws {HoldfastError} HF501 naming the first field that does not fit.
 */
export function parseConfig(text: string): BackupConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new HoldfastError("HF501", "Object config.json does not have the expected form", {
    detail: `${(issue?.path.join(".") ?? "") || "config"}: ${issue?.message ?? "not valid"}`, hint: "Restore from another run." });
}
