import type { BackupConfig, ProbeResult } from "../export/config.ts";
import { readProbes } from "../export/capture_config.ts";
import type { ProofFinding } from "./proof.ts";
import { finding, isPartial, type ProofStep, type ProveContext } from "./proof_step.ts";
import { withHoldfast } from "./with_holdfast.ts";

const CHECK = "check_access_probes";

/** The step that counts again what every access probe of the backup counted in the snapshot of the export. */
export function probeStep(context: ProveContext, config: BackupConfig | undefined): ProofStep {
  return {
    id: "probes", check_name: CHECK, weight: 4 * 1024 * 1024, heavy: false,
    run: async (client) => {
      const skip = (why: string) => ({ findings: [finding(CHECK, "access probes", "skipped", "the same numbers of rows", why)] });
      if (isPartial(context)) return skip("only a part of the backup was restored");
      if (config === undefined) return skip("the backup is older than access probes");
      if (config.access_probes.length === 0) return skip("no access probe is registered");
      const found = new Map((await withHoldfast(client, config, () => readProbes(client))).map((one) => [one.name, one]));
      return { findings: config.access_probes.map((wanted) => compareProbe(wanted, found.get(wanted.name))) };
    },
  };
}

/** SQLSTATE of a relation that is not there, and of a column or function that is not. */
function answer(one: ProbeResult): string {
  return one.rows === null ? `error ${one.error ?? "unknown"}` : `${one.rows} rows`;
}

export function compareProbe(wanted: ProbeResult, found: ProbeResult | undefined): ProofFinding {
  const subject = `${wanted.name}: ${wanted.role} on ${wanted.schema}.${wanted.table}`;
  if (!wanted.looked) return finding(CHECK, subject, "inconclusive", "a number of rows", `the export could not count: ${answer(wanted)}`);
  if (found?.looked !== true) {
    return finding(CHECK, subject, "inconclusive", answer(wanted), found === undefined ? "the probe was not run" : `not counted: ${answer(found)}`);
  }
  return finding(CHECK, subject, answer(found) === answer(wanted) ? "passed" : "failed", answer(wanted), answer(found));
}
