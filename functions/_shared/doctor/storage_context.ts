import type { Env } from "../config/env.ts";
import { type Clock, systemClock, TransientFailure } from "../s3/retry.ts";
import { createS3Client, type S3Client } from "../s3/s3_client.ts";
import { parseS3Config, type S3Config } from "../s3/s3_config.ts";
import { createS3Transport, type S3Reply, type S3Request } from "../s3/s3_transport.ts";
import type { StorageWants } from "./storage_wants.ts";

export interface StorageContextOptions {
  readonly env: Env;
  /** Where the variables were read, which decides how they are set. */
  readonly where: "machine" | "functions";
  readonly wants: () => Promise<StorageWants | null>;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
}

/** An object that this examination has stored and has to delete again. */
export interface Probe {
  readonly key: string;
  readonly versionId: string | null;
}

/** A doubt must not take minutes: one retry, and answers within seconds. */
const IMPATIENT = { retries: 1, timeoutMs: 10_000, deadlineMs: 15_000 };
const FIRST_LOOK: S3Request = { method: "GET", key: null, query: { "list-type": "2", "max-keys": "1" }, action: "use the bucket" };

/** What the storage checks share: the settings, a client, the first answer of the server, and the objects to clean up. */
export class StorageContext {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly where: "machine" | "functions";
  readonly probes: Probe[] = [];
  readonly body = new TextEncoder().encode(`Written by holdfast doctor, which deletes it. ${crypto.randomUUID()}\n`);
  readonly #options: StorageContextOptions;
  readonly #id = crypto.randomUUID();
  #config: S3Config | null | undefined;
  #client: S3Client | undefined;
  #wants: Promise<StorageWants | null> | undefined;
  #first: Promise<S3Reply> | undefined;

  constructor(options: StorageContextOptions) {
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.fetch = options.fetch ?? globalThis.fetch;
    this.where = options.where;
  }

  /** Null: S3 is not configured. @throws HoldfastError HF200 */
  settings(): S3Config | null {
    return (this.#config ??= parseS3Config(this.#options.env));
  }

  get config(): S3Config {
    const config = this.settings();
    if (config === null) throw new TypeError("Storage is not configured");
    return config;
  }

  get client(): S3Client {
    return (this.#client ??= createS3Client(this.config, { ...IMPATIENT, fetch: this.fetch, clock: this.clock }));
  }

  /** Null: the ledger cannot be asked. */
  wants(): Promise<StorageWants | null> {
    return (this.#wants ??= this.#options.wants());
  }

  /** The first answer of the server, from which address, clock, key and bucket are judged. @throws HoldfastError HF203 */
  firstLook(): Promise<S3Reply> {
    return (this.#first ??= this.exchange(FIRST_LOOK));
  }

  /** One request without a retry; a refusal is in `failure`. @throws HoldfastError HF203, HF207 */
  async exchange(request: S3Request): Promise<S3Reply> {
    const transport = createS3Transport(this.config, { fetch: this.fetch, clock: this.clock });
    try {
      return await transport.exchange(request, { timeoutMs: IMPATIENT.timeoutMs, signal: undefined });
    } catch (failure) {
      throw failure instanceof TransientFailure ? failure.error : failure;
    }
  }

  /** Key of the probe, or of one with a suffix: in the folder of the project, beside its runs. */
  async probeKey(suffix = ""): Promise<string> {
    const project = (await this.wants())?.project;
    return [this.config.prefix, project, "probes", this.#id + suffix].filter(Boolean).join("/");
  }

  /** The command that sets variables where they were read. */
  set(...names: string[]): string {
    const assignments = names.map((name) => `${name}=…`).join(" ");
    return this.where === "machine" ? `export ${assignments}` : `supabase secrets set ${assignments}`;
  }
}
