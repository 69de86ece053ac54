import type { Client } from "pg";
import { CopyInQuery } from "./copy_in_query.ts";

export interface CopyInOptions {
  /** Rows in the text. The server has to confirm exactly these. */
  rows: number;
  /** What is loaded, for messages: "table public.orders from object data/public.orders/000001.copy.gz". Never a row's value. */
  subject: string;
}

/**
 * Runs `copy … from stdin` (text format) with this text, and checks that the server took every row of it.
 *
 * A rejected copy leaves the transaction around it aborted, one that confirms other rows leaves it open: roll it back.
 * The client can run its next query afterwards, also after an error, unless the connection was lost.
 * Errors keep the SQLSTATE, the line and the names of column and constraint; what the server says beyond that may quote
 * values of rows, and is dropped.
 *
 * @throws HoldfastError HF104 when the connection is lost or the server ends the session
 * @throws HoldfastError HF505 when the server rejects the statement or a row, or confirms another number of rows
 */
export function copyIn(client: Client, sql: string, text: Uint8Array, options: CopyInOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(new CopyInQuery(sql, text, { ...options, resolve, reject }));
  });
}
