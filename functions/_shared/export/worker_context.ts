import type { Client } from "pg";
import type { S3Client } from "../s3/s3_client.ts";
import type { Compress } from "./compress.ts";
import type { CopyBuffer } from "./copy_buffer.ts";
import type { Ledger } from "./ledger.ts";
import type { ObjectProperties } from "./object_properties.ts";

/** What a worker of a run works with. */
export interface WorkerContext {
  client: Client;
  ledger: Ledger;
  s3: S3Client;
  runId: string;
  /** Key prefix of every object of the run, ending in a slash. */
  objectPrefix: string;
  /** Public keys that the objects of this run are encrypted to, fixed for the whole run; empty: they are not encrypted. */
  recipients: readonly string[];
  /** Storage class, tags and lock of the objects of the run. */
  properties?: ObjectProperties;
  /** Name of this worker in the ledger. */
  worker: string;
  snapshotId: string;
  /** How long a claim is the worker's. */
  leaseMs: number;
  /** What the worker copies its chunks into. */
  copyBuffer: CopyBuffer;
  /** Packs the rows of a chunk; by default zlib does. */
  compressRows?: Compress | undefined;
  /** Most bytes of COPY text of one chunk; a bigger chunk is split. */
  maxChunkBytes: number;
  /** Most bytes of one row, which cannot be split. */
  maxRowBytes: number;
  /** Facts up to which a schema is rendered as SQL. */
  maxRenderedFacts: number;
  toolVersion: string;
}
