import type { Client } from "pg";
import type { ManifestTable } from "../export/manifest.ts";
import type { Backup } from "./backup_source.ts";
import type { TargetInfo } from "./target.ts";

/**
 * Phases of a restore in their order; each is timed, and `holdfast_restore.restore` keeps the one that is under way. Thawing is
 * over before a restore begins, and counts as part of it.
 */
export const RESTORE_PHASES = [
  "thaw", "check", "install", "roles", "schema_before", "data", "sequences", "schema_after", "cron_jobs", "analyze", "prove",
] as const;
export type RestorePhase = (typeof RESTORE_PHASES)[number];

/** What of the backup is wanted. Everything else about a restore follows from backup and target. */
export interface RestoreOptions {
  /** Tables of --only and --schema; null: all of the backup. */
  only: { schema: string; name: string | null }[] | null;
  /** Without any DDL: the tables are there. */
  dataOnly: boolean;
  /** Without rows and sequence positions. */
  schemaOnly: boolean;
  /** Goes on after a damaged or missing object of rows, and lists what is lost. */
  skipDamaged: boolean;
  prove: boolean;
  /** Sessions that load side by side. */
  workers: number;
}

/** Something of the backup that is not in the target, and why. Never silent: the result and the proof list them. */
export interface LeftOut {
  /** What kind of reason: platform, role, extension, version, unsupported, refused, damaged, not_wanted, secret, unproven. */
  reason: LeftOutReason;
  /** The object as a reader knows it, such as `table public.orders` or `owner of view public.totals`. */
  subject: string;
  message: string;
}
export type LeftOutReason = "platform" | "role" | "extension" | "version" | "unsupported" | "refused" | "damaged" | "not_wanted" | "secret" | "unproven";

/** Told whenever something moved. `doneBytes` and `totalBytes` count raw bytes of rows; other phases count their steps. */
export interface RestoreProgress {
  phase: RestorePhase;
  /** Work done and to do within the phase; total 0 where it is unknown. */
  done: number;
  total: number;
  unit: "bytes" | "steps";
  /** What is worked on, for people. */
  item: string;
  /** Guess for the whole restore; null as long as nothing was measured. */
  remainingSeconds: number | null;
}

/** What every step of a restore works with. */
export interface RestoreContext {
  backup: Backup;
  /** Main session with the target, used by one step at a time. */
  client: Client;
  /** Opens another session with the target; the caller closes it. */
  connect(applicationName: string): Promise<Client>;
  target: TargetInfo;
  options: RestoreOptions;
  /** Tables whose rows are wanted, as the manifest lists them. */
  tables: readonly ManifestTable[];
  /** Steps add what they could not bring back. */
  leftOut: LeftOut[];
  /** Steps report what they do within their phase. */
  onProgress(done: number, total: number, item: string): void;
}
