import type { Client } from "pg";
import { z } from "zod";
import type { Env } from "../../functions/_shared/config/env.ts";
import { parseSecretKeys } from "../../functions/_shared/config/parse_config.ts";
import { closeClient } from "../../functions/_shared/database/close_client.ts";
import type { DoctorCheck } from "../../functions/_shared/doctor/doctor_finding.ts";
import { StorageContext } from "../../functions/_shared/doctor/storage_context.ts";
import { readStorageWants, type StorageWants } from "../../functions/_shared/doctor/storage_wants.ts";
import { type Clock, systemClock } from "../../functions/_shared/s3/retry.ts";

export interface DoctorSessionOptions {
  readonly env: Env;
  /** Of --database-url or the environment. @throws HoldfastError HF102 */
  readonly databaseUrl: () => string;
  readonly functionsUrl?: string | undefined;
  /** Files of --identity. */
  readonly identities?: readonly string[];
  readonly clock?: Clock;
  readonly fetch?: typeof fetch;
  /** How long a ticket may take to be claimed. */
  readonly claimMs?: number;
}

/** Long enough for a busy server, short enough to say that it is busy. */
const CLAIM_MS = 20_000;

/** What the checks share. `database` and `functionsUrl` are there once the checks of them have passed. */
export class DoctorSession {
  readonly env: Env;
  readonly options: DoctorSessionOptions;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly claimMs: number;
  readonly storage: StorageContext;
  database: Client | undefined;
  functionsUrl: string | undefined;

  constructor(options: DoctorSessionOptions) {
    this.options = options;
    this.env = options.env;
    this.clock = options.clock ?? systemClock;
    this.fetch = options.fetch ?? globalThis.fetch;
    this.claimMs = options.claimMs ?? CLAIM_MS;
    this.storage = new StorageContext({ env: options.env, where: "machine", wants: () => this.#wants(), clock: this.clock, fetch: this.fetch });
  }

  /** Rows of a statement, parsed. */
  async ask<T>(row: z.ZodType<T>, sql: string, values: unknown[] = []): Promise<T[]> {
    if (this.database === undefined) throw new TypeError("The database is not connected");
    return z.array(row).parse((await this.database.query(sql, values)).rows);
  }

  /** The first row of a statement that always has one. */
  async askOne<T>(row: z.ZodType<T>, sql: string, values: unknown[] = []): Promise<T> {
    const [first] = await this.ask(row, sql, values);
    if (first === undefined) throw new TypeError("The statement has no row");
    return first;
  }

  /**
   * As ask, for tables of pg_cron, whose row security shows a role its own jobs; sessions of Holdfast have it off, which makes
   * such a policy an error.
   */
  async askCron<T>(row: z.ZodType<T>, sql: string, values: unknown[] = []): Promise<T[]> {
    await this.database?.query("begin; set local row_security = on");
    try {
      return await this.ask(row, sql, values);
    } finally {
      await this.database?.query("rollback");
    }
  }

  /** A key of the project, for calling functions as a program does. */
  secretKey(): string | undefined {
    return this.env["HOLDFAST_SECRET_KEY"] || parseSecretKeys(this.env)[0];
  }

  async close(): Promise<void> {
    if (this.database !== undefined) await closeClient(this.database);
  }

  async #wants(): Promise<StorageWants | null> {
    if (this.database === undefined) return null;
    try {
      return await readStorageWants(this.database);
    } catch {
      // Whatever is wrong with the ledger is said by the checks of the database.
      return null;
    }
  }
}

export type SessionCheck = DoctorCheck<DoctorSession>;
