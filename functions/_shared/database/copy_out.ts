import type { Client } from "pg";
import { CopyOutQuery } from "./copy_out_query.ts";

export interface CopyOutOptions {
  /** More payload than this is an error, never a partial result. Default: no limit. */
  maxBytes?: number;
  /** Expected payload; a good guess saves the CPU and the peak memory of a growing buffer. Default: 1 MiB. */
  initialBytes?: number;
  /** Memory to receive into as long as it suffices; the result is then a view of it. */
  buffer?: Uint8Array | undefined;
  /** The last column of every row is a 64-bit hash: it is taken off the rows and added up. Default: false. */
  hashed?: boolean;
}

export interface CopiedRows {
  bytes: Uint8Array;
  rows: number;
  /** Sum of the hashes taken off the rows; 0 where there were none. */
  hashSum: bigint;
}

/**
 * Runs `copy … to stdout` (text format, no header) and returns its output as one contiguous buffer.
 *
 * A statement that outgrows `maxBytes` is cancelled, so a transaction around it has to be rolled back.
 * The client can run its next query afterwards, also after an error, unless the connection was lost.
 * Give the client an 'error' listener of its own: pg emits that event too when the connection is lost.
 *
 * @throws HoldfastError HF104 when the connection is lost, or a row does not end with its hash
 * @throws HoldfastError HF303 when there are more than `maxBytes`
 * @throws HoldfastError HF304 when the rows received are not the rows the server says it sent
 * @throws DatabaseError (pg) when the server rejects the statement
 */
export function copyOut(client: Client, sql: string, options: CopyOutOptions = {}): Promise<CopiedRows> {
  const { maxBytes = Number.POSITIVE_INFINITY, initialBytes = 1024 * 1024, buffer, hashed = false } = options;
  return new Promise((resolve, reject) => {
    client.query(new CopyOutQuery(client, sql, { maxBytes, initialBytes, buffer, hashed, resolve, reject }));
  });
}
