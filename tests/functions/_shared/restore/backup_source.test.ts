import { expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { findBackup, listBackups, openBackup } from "../../../../functions/_shared/restore/backup_source.ts";
import { COMMAND_READS } from "../../../../functions/_shared/restore/read_limits.ts";
import { sha256Hex } from "../../../../functions/_shared/s3/sha256_hex.ts";
import { manifestOf, type MemoryStorage, memoryStorage, storeManifest, text } from "../../../support/memory_backup.ts";

const RUNS = ["20261121T000000Z-aaaaaa", "20261123T000000Z-cccccc", "20261122T000000Z-bbbbbb"];

function bucket(project = "clinic"): MemoryStorage {
  const storage = memoryStorage();
  for (const run_id of RUNS) storeManifest(storage, manifestOf({ project, run_id }));
  return storage;
}

async function addProof(storage: MemoryStorage, runId: string, verdict: string, sha256?: string): Promise<void> {
  const folder = `holdfast/clinic/runs/${runId}/`;
  const manifest_sha256 = sha256 ?? await sha256Hex(storage.objects.get(`${folder}manifest.json`) ?? text(""));
  storage.objects.set(`${folder}proofs/20261124T000000Z.json`, text(JSON.stringify({ verdict, manifest_sha256 })));
}

it("listBackups() lists runs with a manifest, newest first, and no debris", async () => {
  const storage = bucket();
  storage.objects.set("holdfast/clinic/runs/20261124T000000Z-dddddd/schema.json.gz", text("debris"));
  storage.objects.set("holdfast/clinic/runs/20261121T000000Z-aaaaaa/data/x/manifest.json", text("a table of that name"));
  storage.objects.set("holdfastly/clinic/runs/20261125T000000Z-eeeeee/manifest.json", text("another prefix"));
  expect((await listBackups(storage)).map((one) => one.runId)).toEqual([...RUNS].sort().reverse());
});

it("listBackups() names the proofs of each run, oldest first", async () => {
  const storage = bucket();
  const folder = `holdfast/clinic/runs/${RUNS[0] ?? ""}/proofs/`;
  for (const at of ["20261124T000001Z", "20261124T000000Z"]) storage.objects.set(`${folder}${at}.json`, text("{}"));
  expect((await listBackups(storage)).at(-1)?.proofKeys).toEqual([`${folder}20261124T000000Z.json`, `${folder}20261124T000001Z.json`]);
});

it("listBackups() tells which runs have objects in an archive, proofs aside", async () => {
  const storage = bucket();
  const { listObjects } = storage;
  const archived = /cccccc\/proofs|bbbbbb\/manifest/;
  await addProof(storage, "20261123T000000Z-cccccc", "passed");
  const cold = { ...storage, async *listObjects(below: string) {
    for await (const one of listObjects(below)) yield archived.test(one.key) ? { ...one, storageClass: "DEEP_ARCHIVE" } : one;
  } };
  expect((await listBackups(cold)).filter((one) => one.archived).map(({ runId }) => runId)).toEqual(["20261122T000000Z-bbbbbb"]);
});

it("findBackup() names a restore point without reading it, and hands an archived one to --thaw by its run id", async () => {
  const storage = bucket();
  const frozen = { ...storage, getObject: () => Promise.reject(new HoldfastError("HF603", "archived")) };
  expect((await findBackup(frozen, "latest")).runId).toBe("20261123T000000Z-cccccc");
  await addProof(storage, "20261122T000000Z-bbbbbb", "passed");
  await expect(findBackup(frozen, "latest-verified")).rejects.toMatchObject({ code: "HF603", hint: expect.stringContaining("--from 20261122T000000Z-bbbbbb") });
});

it("openBackup() opens the latest run, or the one that is named", async () => {
  expect((await openBackup(bucket(), "latest")).manifest.run_id).toBe("20261123T000000Z-cccccc");
  const named = await openBackup(bucket(), "20261121T000000Z-aaaaaa");
  expect(named).toMatchObject({ prefix: "holdfast/clinic/runs/20261121T000000Z-aaaaaa/", manifestSha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
});

it("openBackup() works without a prefix in the bucket", async () => {
  const storage = memoryStorage("");
  storage.objects.set("clinic/runs/20261123T205500Z-a1b2c3/manifest.json", text(JSON.stringify(manifestOf())));
  expect((await openBackup(storage, "latest")).prefix).toBe("clinic/runs/20261123T205500Z-a1b2c3/");
});

it("openBackup() takes as latest-verified the newest run whose own manifest has a passed proof", async () => {
  const storage = bucket();
  await expect(openBackup(storage, "latest-verified")).rejects.toMatchObject({ code: "HF500" });
  await addProof(storage, "20261123T000000Z-cccccc", "passed", "0".repeat(64));
  await addProof(storage, "20261122T000000Z-bbbbbb", "failed");
  await addProof(storage, "20261121T000000Z-aaaaaa", "passed");
  expect((await openBackup(storage, "latest-verified")).manifest.run_id).toBe("20261121T000000Z-aaaaaa");
});

it("openBackup() takes a proof that cannot be read for none", async () => {
  const storage = bucket();
  storage.objects.set("holdfast/clinic/runs/20261123T000000Z-cccccc/proofs/1.json", text("{ \"verdict\": \"passed\""));
  await addProof(storage, "20261122T000000Z-bbbbbb", "passed");
  expect((await openBackup(storage, "latest-verified")).manifest.run_id).toBe("20261122T000000Z-bbbbbb");
});

it("openBackup() passes over a proof that is gone or damaged, and does not take storage that is away for one", async () => {
  const storage = bucket();
  await addProof(storage, "20261123T000000Z-cccccc", "passed");
  await addProof(storage, "20261122T000000Z-bbbbbb", "passed");
  const newest = "holdfast/clinic/runs/20261123T000000Z-cccccc/proofs/";
  const answering = (code: "HF203" | "HF204" | "HF207") => ({ ...storage, getObject: (key: string) => (key.startsWith(newest) ? Promise.reject(new HoldfastError(code, "no")) : storage.getObject(key)) });
  for (const code of ["HF204", "HF207"] as const) expect((await openBackup(answering(code), "latest-verified")).manifest.run_id).toBe("20261122T000000Z-bbbbbb");
  await expect(openBackup(answering("HF203"), "latest-verified")).rejects.toMatchObject({ code: "HF203" });
});

it("openBackup() refuses a manifest that is longer than any export makes it, and one that parses to more: HF209 naming it", async () => {
  const storage = bucket();
  const key = "holdfast/clinic/runs/20261123T000000Z-cccccc/manifest.json";
  const length = storage.objects.get(key)?.length ?? 0;
  const limits = { ...COMMAND_READS, manifestBytes: length };
  expect((await openBackup(storage, "latest", undefined, limits)).limits).toBe(limits);
  for (const fewer of [{ manifestBytes: length - 1 }, { jsonValues: 3 }]) {
    await expect(openBackup(storage, "latest", undefined, { ...limits, ...fewer })).rejects.toMatchObject({ code: "HF209", message: expect.stringContaining(key) });
  }
});

it("openBackup() takes a proof that is larger than any for none", async () => {
  const storage = bucket();
  await addProof(storage, "20261123T000000Z-cccccc", "passed");
  await addProof(storage, "20261122T000000Z-bbbbbb", "passed");
  const [key = ""] = [...storage.objects.keys()].filter((one) => one.includes("cccccc/proofs/"));
  const proof = storage.objects.get(key) ?? new Uint8Array();
  storage.objects.set(key, new Uint8Array([...proof, ...new Array<number>(1000).fill(0x20)]));
  const open = async (proofBytes: number) => (await openBackup(storage, "latest-verified", undefined, { ...COMMAND_READS, proofBytes })).manifest.run_id;
  expect(await open(proof.length + 1000)).toBe("20261123T000000Z-cccccc");
  expect(await open(proof.length + 999)).toBe("20261122T000000Z-bbbbbb");
});

it("listBackups() passes over objects that are of no run, and lists runs of one project alone where that is asked for", async () => {
  const storage = bucket();
  for (const key of ["holdfast/readme.txt", "holdfast/clinic/runs/latest/manifest.json", "holdfast/deeper/clinic/runs/20261125T000000Z-eeeeee/manifest.json"]) storage.objects.set(key, text("{}"));
  storeManifest(storage, manifestOf({ project: "shop", run_id: RUNS[0] ?? "" }));
  expect((await listBackups(storage)).map((one) => [one.project, one.runId])).toEqual([
    ["clinic", "20261123T000000Z-cccccc"], ["clinic", "20261122T000000Z-bbbbbb"], ["clinic", "20261121T000000Z-aaaaaa"], ["shop", "20261121T000000Z-aaaaaa"]]);
  expect((await listBackups(storage, "shop")).map((one) => one.project)).toEqual(["shop"]);
});

it("openBackup() throws HF500 for a run that is not there, and in an empty bucket", async () => {
  await expect(openBackup(bucket(), "20260101T000000Z-ffffff")).rejects.toMatchObject({ code: "HF500", detail: expect.stringContaining("20261123T000000Z-cccccc") });
  await expect(openBackup(memoryStorage(), "latest")).rejects.toMatchObject({ code: "HF500", detail: "The bucket holds no restore point below this prefix." });
  await expect(openBackup(bucket(), "latest", "shop")).rejects.toMatchObject({ code: "HF500", detail: 'The bucket holds no restore point of project "shop" below this prefix.' });
});

it("openBackup() asks for the project where several share a bucket", async () => {
  const storage = bucket();
  storeManifest(storage, manifestOf({ project: "shop", run_id: "20261124T000000Z-dddddd" }));
  await expect(openBackup(storage, "latest")).rejects.toMatchObject({ code: "HF500", detail: "clinic, shop" });
  expect((await openBackup(storage, "latest", "clinic")).manifest.run_id).toBe("20261123T000000Z-cccccc");
});

it("openBackup() throws HF306 for a manifest that lies in the folder of another run", async () => {
  const storage = bucket();
  storage.objects.set("holdfast/clinic/runs/20261123T000000Z-cccccc/manifest.json", text(JSON.stringify(manifestOf())));
  await expect(openBackup(storage, "latest")).rejects.toMatchObject({ code: "HF306" });
});
