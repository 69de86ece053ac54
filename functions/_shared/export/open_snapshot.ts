import type { Client } from "pg";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { Ledger } from "./ledger.ts";

/** Unknown snapshot (22023 up to PostgreSQL 16, 42704 from 17 on), or its transaction has ended (0B000, 55000): the keeper is gone. */
const LOST = new Set(["22023", "42704", "0B000", "55000"]);

const SNAPSHOT_ID = /^[0-9A-F]+-[0-9A-F]+-\d+$/;

/** The snapshot a run reads, and who proves that it is still held. */
export interface RunSnapshot {
  ledger: Ledger;
  runId: string;
  snapshotId: string;
}

function snapshotLost(cause?: unknown): HoldfastError {
  return new HoldfastError("HF300", "Cannot read the snapshot of the run as it is no longer held", {
    hint: "Start another run. If it happens again, see whether connections are ended by a timeout or an administrator.",
    cause,
  });
}

/**
 * Imports the snapshot into the transaction that has just begun on this client. The keeper is looked up afterwards: while
 * it lives, its snapshot id names nothing else, so what was imported before is the snapshot of this run.
 *
 * @throws {HoldfastError} HF300 if the snapshot is no longer held.
 */
export async function importSnapshot(client: Client, snapshot: RunSnapshot): Promise<void> {
  if (!SNAPSHOT_ID.test(snapshot.snapshotId)) throw snapshotLost();
  try {
    await client.query(`set transaction snapshot '${snapshot.snapshotId}'`);
  } catch (error) {
    if (LOST.has(sqlStateOf(error) ?? "")) throw snapshotLost(error);
    throw error;
  }
  if (!(await snapshot.ledger.keeperHolds(snapshot.runId, snapshot.snapshotId))) throw snapshotLost();
}

/**
 * Runs `read` in a read-only transaction that sees the snapshot of the run, and ends it.
 *
 * @throws {HoldfastError} HF300 if the snapshot is no longer held.
 */
export async function inSnapshot<T>(client: Client, snapshot: RunSnapshot, read: () => Promise<T>): Promise<T> {
  await client.query("begin isolation level repeatable read read only");
  try {
    await importSnapshot(client, snapshot);
    const result = await read();
    await client.query("commit");
    return result;
  } catch (error) {
    // The connection itself may be gone; the error that matters is the first one.
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}
