import type { Proof } from "../prove/proof.ts";

/** Named one by one up to here; the whole proof is in the bucket. */
const MAX_NAMED = 20;

/** What the ledger keeps of a proof. */
export interface ProofSummary {
  verdict: Proof["verdict"];
  checks: Record<string, Proof["verdict"]>;
  failed: string[];
  inconclusive: string[];
  left_out: number;
}

function named(proof: Proof, verdict: Proof["verdict"]): string[] {
  const all = proof.findings.filter((one) => one.verdict === verdict);
  const names = all.slice(0, MAX_NAMED).map((one) => `${one.check_name} ${one.subject}: expected ${one.expected ?? "nothing"}, found ${one.actual ?? "nothing"}`);
  return all.length > MAX_NAMED ? [...names, `and ${all.length - MAX_NAMED} more`] : names;
}

/** The verdict of each check, and what failed or could not be looked at by its name. */
export function summarizeProof(proof: Proof): ProofSummary {
  return {
    verdict: proof.verdict,
    checks: Object.fromEntries(proof.checks.map((one) => [one.check_name, one.verdict])),
    failed: named(proof, "failed"),
    inconclusive: named(proof, "inconclusive"),
    left_out: proof.left_out.length,
  };
}
