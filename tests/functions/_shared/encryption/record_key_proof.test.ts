import { afterAll, beforeAll, expect, it } from "vitest";
import type { KeyProof } from "../../../../functions/_shared/encryption/prove_key.ts";
import { recordKeyProof } from "../../../../functions/_shared/encryption/record_key_proof.ts";
import { makeAgeKey } from "../../../support/age_keys.ts";
import { createExportWorld, type ExportWorld } from "../../../support/export_world.ts";

let world: ExportWorld;
beforeAll(async () => {
  world = await createExportWorld();
});
afterAll(() => world.close());

it("recordKeyProof() records a proof, which the check then finds, and keeps the codes of what it may not record", async () => {
  const { recipient } = await makeAgeKey();
  await world.sql(`insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256, age_recipients)
    values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/', now(), now(), 'p/manifest.json', 'x', array[$1])`, [recipient]);
  const proof: KeyProof = { run_id: "20260101T000000Z-aaaaaa", recipient, manifest_sha256: "x", objects: 3, bytes: 300 };
  const check = () => world.sql("select c.verdict::text from backup.check_key_escrow() c");
  expect(await check()).toEqual([{ verdict: "inconclusive" }]);
  await recordKeyProof(await world.connect(), proof);
  expect(await check()).toEqual([{ verdict: "passed" }]);
  await expect(recordKeyProof(await world.connect(), { ...proof, run_id: "20200101T000000Z-aaaaaa" })).rejects.toMatchObject({ code: "HF001" });
  await expect(recordKeyProof(await world.connect(), { ...proof, manifest_sha256: "y" })).rejects.toMatchObject({ code: "HF704" });
});
