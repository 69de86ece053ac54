import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { performDrillStep } from "../../../../functions/_shared/drill/perform_drill_step.ts";
import { AgeIdentities } from "../../../../functions/_shared/encryption/age_identities.ts";
import { parseProof } from "../../../../functions/_shared/prove/proof.ts";
import { openBackup } from "../../../../functions/_shared/restore/backup_source.ts";
import { type AgeKey, makeAgeKey } from "../../../support/age_keys.ts";
import { type DrillWorld, startDrillWorld } from "../../../support/drill_world.ts";

describe("a drill by functions of an encrypted backup", () => {
  let world: DrillWorld;
  let key: AgeKey;
  let other: AgeKey;
  beforeAll(async () => {
    [key, other] = await Promise.all([makeAgeKey(), makeAgeKey()]);
    world = await startDrillWorld({ recipients: [key.recipient] });
  }, 60_000);
  afterAll(() => world.stop());
  const identities = (one: AgeKey) => AgeIdentities.parse([{ name: "HOLDFAST_DRILL_AGE_IDENTITY", text: one.file }]);
  const skipped = async (drillId: string): Promise<string> => {
    const drill = await world.read(drillId);
    expect(drill, JSON.stringify(drill)).toMatchObject({ state: "complete", verdict: "skipped" });
    expect(await world.scratchExists(drillId)).toBe(false);
    return JSON.stringify(drill["proof"]);
  };

  it("beginDrill() skips the drill with the reason, as the identity is not there, and raises a warning", async () => {
    const drillId = await world.start();
    expect(await world.work(drillId)).toMatchObject({ outcome: "ended" });
    expect(await skipped(drillId)).toContain("holdfast drill --identity");
    const { rows } = await world.client.query("select a.severity from backup.alerts a where a.resolved_at is null and a.cause like 'drill%'");
    expect(rows).toEqual([{ severity: "warning" }]);
    expect((await world.client.query("select p.verified from backup.restore_points p")).rows).toEqual([{ verified: false }]);
  }, 60_000);

  it("beginDrill() skips the drill with an identity of another key, whose public key it names", async () => {
    const drillId = await world.start();
    await world.work(drillId, performDrillStep, world.s3, await identities(other));
    const reason = await skipped(drillId);
    expect(reason).toContain(other.recipient);
    expect(reason).not.toContain(other.identity.slice(20, 40));
  }, 60_000);

  it("runDrillWorker() restores and proves it with the identity that somebody chose to keep there", async () => {
    const drillId = await world.start();
    const ids = await identities(key);
    for (let invocations = 1; (await world.work(drillId, performDrillStep, world.s3, ids)).outcome !== "ended"; invocations++) expect(invocations).toBeLessThan(50);
    const drill = await world.read(drillId);
    expect(drill, `${String(drill["failure_message"])} ${JSON.stringify(drill["proof"])}`).toMatchObject({ state: "complete", verdict: "passed" });
    const stored = parseProof(await world.s3.getObject(String(drill["proof_key"])));
    expect(stored.findings.every(({ expected, actual }) => expected === null && actual === null)).toBe(true);
    // Reading which restore point is verified needs no identity.
    expect((await openBackup(world.s3, "latest-verified")).manifest.run_id).toBe(world.runId);
  }, 120_000);
});
