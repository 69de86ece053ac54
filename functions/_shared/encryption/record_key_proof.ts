import { callLedger } from "../database/call_ledger.ts";
import type { Queryable } from "../database/queryable.ts";
import type { KeyProof } from "./prove_key.ts";

/**
 * Records in the ledger that an escrowed key opens a backup.
 *
 * @throws {HoldfastError} HF001 if this ledger does not know the run, HF704 if it knows another one by that name.
 */
export async function recordKeyProof(database: Queryable, proof: KeyProof): Promise<void> {
  await callLedger(database, "select backup.record_key_proof($1)", [JSON.stringify(proof)]);
}
