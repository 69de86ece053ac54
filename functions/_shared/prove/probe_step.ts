import { escapeIdentifier, type Client } from "pg";
import { sqlStateOf } from "../errors/from_postgres.ts";
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
      const found = new Map((await withHoldfast(client, config, async () => {
        await becomeMember(client, config.access_probes);
        return readProbes(client);
      })).map((one) => [one.name, one]));
      return { findings: config.access_probes.map((wanted) => compareProbe(wanted, found.get(wanted.name))) };
    },
  };
}

/** From PostgreSQL 16 on, who made a role may hand it out and is no acting member of it. Rolled back with the probes. */
async function becomeMember(client: Client, probes: readonly ProbeResult[]): Promise<void> {
  for (const role of new Set(probes.map((one) => one.role))) {
    const { rows: [may] } = await client.query<{ act: boolean }>(
      `select pg_has_role(current_user, r.oid, case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end) as act
       from pg_catalog.pg_roles r where r.rolname = $1`, [role]);
    if (may?.act !== false) continue;
    await client.query("savepoint membership");
    try {
      await client.query(`grant ${escapeIdentifier(role)} to current_user`);
      await client.query("release savepoint membership");
    } catch (error) {
      // It may not be handed out; the probe will say that it could not look.
      if (sqlStateOf(error) === undefined) throw error;
      await client.query("rollback to savepoint membership");
    }
  }
}

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
