import { callLedger } from "../database/call_ledger.ts";
import type { Queryable } from "../database/queryable.ts";

export type ChunkKind = "plan" | "schema" | "schema_sql" | "globals" | "data" | "sequences" | "manifest";

/** One claimed unit of work, as backup.claim_chunks() returns it. */
export interface ClaimedChunk {
  chunk_no: number;
  kind: ChunkKind;
  claim_id: string;
  attempt: number;
  schema_name: string | null;
  table_name: string | null;
  first_tid: string | null;
  end_tid: string | null;
  estimated_bytes: string;
  columns: string[] | null;
  fingerprint_expression: string | null;
  filenode: number | null;
}

/** An object in the bucket. Keys are complete. */
export interface StoredRef {
  key: string;
  sha256: string;
  bytes: number;
  content: string;
}

/** What a chunk reports; numbers beyond 2^53 travel as text. */
export interface ChunkResult {
  chunk_no: number;
  object_key?: string;
  sha256?: string;
  raw_bytes?: number;
  stored_bytes?: number;
  rows?: string;
  row_hash_sum?: string;
  objects?: StoredRef[];
}

export interface RunProgress {
  state: "starting" | "exporting" | "complete" | "failed" | "expired" | null;
  chunks_done: number;
  chunks_total: number;
  bytes_done: number;
  bytes_total: number;
  claimable: number;
  /** Milliseconds until the next back-off ends; null when nothing waits. */
  next_claim_in_ms: number | null;
  failure_code: string | null;
  failure_message: string | null;
}

export interface RunSettings {
  workers: number;
  worker_bytes: number;
  worker_seconds: number;
  chunk_bytes: number;
}

export interface RunWarning {
  code: string;
  subject: string;
  message: string;
}

/**
 * The ledger functions an export calls. Every failure they raise keeps its code.
 *
 * @throws {HoldfastError} HF0xx and HF3xx as the SQL functions raise them.
 */
export class Ledger {
  readonly #database: Queryable;

  constructor(database: Queryable) {
    this.#database = database;
  }

  async #value<T>(sql: string, values: unknown[]): Promise<T> {
    const [row] = await callLedger<{ value: T }>(this.#database, sql, values);
    if (row === undefined) throw new Error("Cannot read the ledger as a call returned no row");
    return row.value;
  }

  settings(): Promise<RunSettings> {
    return this.#value("select to_jsonb(s) as value from backup.settings s", []);
  }

  /** Returns the id of the run. Engine "functions" schedules its keeper; "cli" brings its own. */
  startRun(trigger: "schedule" | "http" | "cli" | "sql", engine: "functions" | "cli", tier: string | null, root: string): Promise<string> {
    return this.#value("select backup.start_run($1, $2, $3, $4) as value", [trigger, engine, tier, root]);
  }

  /** Decides whom a run is encrypted to, unless that is decided; returns what holds. */
  fixRecipients(runId: string, recipients: readonly string[]): Promise<string[]> {
    return this.#value("select backup.fix_recipients($1, $2) as value", [runId, recipients]);
  }

  /** Null while the keeper has not appeared, or when this call has found the keeper dead and failed the run. */
  beginExport(runId: string): Promise<string | null> {
    return this.#value("select backup.begin_export($1) as value", [runId]);
  }

  async keeperHolds(runId: string, snapshotId: string): Promise<boolean> {
    return this.#value("select coalesce(k.snapshot_id = $2, false) as value from backup.keeper_snapshot($1) k", [runId, snapshotId]);
  }

  /** `fresh`: the worker may take a chunk that needs all the CPU time of a function. */
  claim(runId: string, worker: string, maxBytes: number, fresh: boolean): Promise<ClaimedChunk[]> {
    return callLedger(this.#database, "select * from backup.claim_chunks($1, $2, p_max_bytes => $3, p_fresh => $4)", [runId, worker, maxBytes, fresh]);
  }

  async complete(runId: string, claimId: string, results: ChunkResult[]): Promise<void> {
    await callLedger(this.#database, "select backup.complete_chunks($1, $2, $3)", [runId, claimId, JSON.stringify(results)]);
  }

  release(runId: string, claimId: string, chunkNo: number, code: string, message: string, retry: boolean): Promise<boolean> {
    return this.#value("select backup.release_chunk($1, $2, $3, $4, $5, $6) as value", [runId, claimId, chunkNo, code, message, retry]);
  }

  async giveBack(runId: string, claimId: string): Promise<void> {
    await callLedger(this.#database, "select backup.return_chunks($1, $2)", [runId, claimId]);
  }

  split(runId: string, claimId: string, chunkNo: number): Promise<boolean> {
    return this.#value("select backup.split_chunk($1, $2, $3) as value", [runId, claimId, chunkNo]);
  }

  replan(runId: string, claimId: string, chunkNo: number, now: { filenode: number; pages: string; bytes: string; rows: string }): Promise<boolean> {
    return this.#value("select backup.replan_table($1, $2, $3, $4, $5, $6, $7) as value",
      [runId, claimId, chunkNo, now.filenode, now.pages, now.bytes, now.rows]);
  }

  async recordPlan(runId: string, claimId: string, tables: unknown, schemaFingerprint: string, xids: string, sequences: string): Promise<void> {
    await callLedger(this.#database, "select backup.record_plan($1, $2, $3, $4, $5, $6)", [runId, claimId, JSON.stringify(tables), schemaFingerprint, xids, sequences]);
  }

  async addWarnings(runId: string, warnings: RunWarning[]): Promise<void> {
    if (warnings.length > 0) await callLedger(this.#database, "select backup.add_warnings($1, $2)", [runId, JSON.stringify(warnings)]);
  }

  async finish(runId: string, claimId: string, chunkNo: number, manifest: { key: string; sha256: string; bytes: number; archived: boolean }): Promise<void> {
    await callLedger(this.#database, "select backup.finish_run($1, $2, $3, $4)", [runId, claimId, chunkNo, JSON.stringify(manifest)]);
  }

  fail(runId: string, code: string, message: string, detail: string | null): Promise<boolean> {
    return this.#value("select backup.fail_run($1, $2, $3, $4) as value", [runId, code, message, detail]);
  }

  handOver(runId: string, workers: number): Promise<number> {
    return this.#value("select backup.hand_over($1, $2) as value", [runId, workers]);
  }

  async progress(runId: string): Promise<RunProgress> {
    const [row] = await callLedger<RunProgress>(this.#database,
      `select p.state, p.chunks_done::float8, p.chunks_total::float8, p.bytes_done::float8, p.bytes_total::float8,
              p.claimable::float8, (extract(epoch from p.next_claim_in) * 1000)::float8 as next_claim_in_ms,
              p.failure_code, p.failure_message
       from backup.run_progress($1) p`, [runId]);
    // An unknown run is a row of nulls.
    return row !== undefined && row.state !== null ? row : { state: null, chunks_done: 0, chunks_total: 0, bytes_done: 0, bytes_total: 0, claimable: 0,
      next_claim_in_ms: null, failure_code: null, failure_message: null };
  }
}
