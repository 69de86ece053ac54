import type { Client } from "pg";
import { closeClient } from "../../functions/_shared/database/close_client.ts";
import { connect } from "../../functions/_shared/database/connect.ts";
import type { DrillContext, StepOutcome } from "../../functions/_shared/drill/drill_context.ts";
import type { ClaimedStep } from "../../functions/_shared/drill/drill_ledger.ts";
import { performDrillStep } from "../../functions/_shared/drill/perform_drill_step.ts";
import type { AgeIdentities } from "../../functions/_shared/encryption/age_identities.ts";
import { runDrillWorker } from "../../functions/_shared/drill/run_drill_worker.ts";
import { urlOfDatabase } from "../../functions/_shared/drill/scratch_database.ts";
import { startDrill } from "../../functions/_shared/drill/start_drill.ts";
import type { DrillReport } from "../../functions/_shared/drill/work_on_drill.ts";
import type { S3Client } from "../../functions/_shared/s3/s3_client.ts";
import { createS3Client } from "../../functions/_shared/s3/s3_client.ts";
import { parseS3Config } from "../../functions/_shared/s3/s3_config.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { type Bench, runCommand, startBench } from "./e2e_bench.ts";
import { queryRows } from "./query_rows.ts";

/** A backup in a bucket, and drills of it in this process instead of in functions. */
export interface DrillWorld {
  bench: Bench;
  database: TestDatabase;
  client: Client;
  s3: S3Client;
  runId: string;
  start(): Promise<string>;
  /** One invocation. */
  work(drillId: string, perform?: (context: DrillContext, step: ClaimedStep) => Promise<StepOutcome>, s3?: S3Client | null, identities?: AgeIdentities | null): Promise<DrillReport>;
  /** Invocations until the drill is over; returns how many. */
  workToTheEnd(drillId: string, perform?: (context: DrillContext, step: ClaimedStep) => Promise<StepOutcome>): Promise<number>;
  read(drillId: string): Promise<Record<string, unknown>>;
  scratchExists(drillId: string): Promise<boolean>;
  stop(): Promise<void>;
}

export async function startDrillWorld(options: { seeded?: boolean; sql?: string; recipients?: readonly string[] } = {}): Promise<DrillWorld> {
  const database = await createTestDatabase({ migrated: true, seeded: options.seeded === true });
  if (options.sql !== undefined) await queryRows(database.url, options.sql);
  const bench = await startBench(database.url);
  const client = await connect(database.url, { applicationName: "holdfast test" });
  await client.query("update backup.settings set external_clock = true where id");
  const { runId } = await runCommand(bench, { workers: 1, recipients: options.recipients ?? [] });
  const config = parseS3Config(bench.s3Env);
  if (config === null) throw new Error("The bench has no storage settings");
  const s3 = createS3Client(config);
  const world: DrillWorld = {
    bench, database, client, s3, runId,
    start: () => startDrill(client, "sql", "latest"),
    work: (drillId, perform = performDrillStep, storage = s3, identities = null) => runDrillWorker({
      connect: (applicationName, name) => connect(name === undefined ? database.url : urlOfDatabase(database.url, name), { applicationName }),
      s3: storage, identities: () => Promise.resolve(identities), drillId, invocation: "test", perform, sleep: () => skipBackOffs(client),
    }),
    workToTheEnd: async (drillId, perform) => {
      for (let invocations = 1; invocations < 200; invocations++) {
        const { outcome } = await world.work(drillId, perform);
        if (outcome === "ended") return invocations;
        await skipBackOffs(client);
      }
      throw new Error(`Drill ${drillId} does not end: ${JSON.stringify(await world.read(drillId))}`);
    },
    read: async (drillId) => (await client.query("select d.* from backup.drills d where d.drill_id = $1", [drillId])).rows[0] as Record<string, unknown>,
    scratchExists: async (drillId) => (await client.query(
      "select from backup.drills d join pg_database b on b.datname = d.scratch_database where d.drill_id = $1", [drillId])).rows.length > 0,
    stop: async () => {
      const { rows } = await client.query("select d.scratch_database as name from backup.drills d where d.scratch_database is not null");
      for (const { name } of rows as { name: string }[]) await client.query(`drop database if exists "${name}" with (force)`);
      await closeClient(client);
      await bench.stop();
      await database.drop();
    },
  };
  return world;
}

/** Back-offs are for storage that needs time; a test has none. */
async function skipBackOffs(client: Client): Promise<void> {
  await client.query("update backup.drill_steps set not_before = now() where state = 'pending'");
}
