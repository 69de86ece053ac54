import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { DrillRow } from "../../../../functions/_shared/drill/drill_ledger.ts";
import { openDrillBackup } from "../../../../functions/_shared/drill/open_drill_backup.ts";
import { FUNCTION_READS } from "../../../../functions/_shared/restore/read_limits.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";

const manifest = JSON.stringify({
  format: "holdfast-backup", format_version: 1, tool: { name: "holdfast", version: "1" }, project: "p", run_id: "20260101T000000Z-aaaaaa", tier: "daily", engine: "cli",
  snapshot: { id: "1", at: "2026-01-01T00:00:00Z", lsn: "0/0", xids: "1:1:" }, server: { version: "17", version_num: 170000, database: "d", settings: {} }, encryption: null,
  objects: [], tables: [], excluded: [], warnings: [], totals: { tables: 0, rows: 0, objects: 0, raw_bytes: 0, stored_bytes: 0 }, finished_at: "2026-01-01T00:00:00Z",
});
const sha256 = createHash("sha256").update(manifest).digest("hex");
const drill: DrillRow = { drill_id: "d", run_id: "20260101T000000Z-aaaaaa", state: "running", started_at: new Date(), scratch_database: "x", object_prefix: "p/1/", manifest_key: "p/1/manifest.json", manifest_sha256: sha256 };
const storage = (answer: string | HoldfastError) => ({
  prefix: "", putObject: () => Promise.reject(new Error("nothing is written")), listObjects: () => { throw new Error("nothing is listed"); },
  getObject: (key: string) => (answer instanceof HoldfastError ? Promise.reject(answer) : Promise.resolve(new TextEncoder().encode(key === drill.manifest_key ? answer : "") as Uint8Array<ArrayBuffer>)),
}) as unknown as Parameters<typeof openDrillBackup>[0];

describe("openDrillBackup()", () => {
  it("openDrillBackup() reads the manifest that the ledger remembers, without listing the bucket", async () => {
    expect(await openDrillBackup(storage(manifest), drill)).toMatchObject({ prefix: "p/1/", manifestSha256: sha256, manifest: { run_id: drill.run_id } });
  });
  it("openDrillBackup() names a manifest that is missing, damaged or another one with HF501", async () => {
    for (const answer of [new HoldfastError("HF204", "x"), new HoldfastError("HF207", "x"), manifest.replace("17", "18"), "{}"]) {
      await expect(openDrillBackup(storage(answer), drill)).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining("p/1/manifest.json") });
    }
  });
  it("openDrillBackup() reads no more of a manifest than a function has memory for", async () => {
    const asked: unknown[] = [];
    const s3 = { ...storage(manifest), getObject: (_key: string, options: unknown) => {
      asked.push(options);
      return Promise.reject(new HoldfastError("HF209", "longer"));
    } } as unknown as Parameters<typeof openDrillBackup>[0];
    await expect(openDrillBackup(s3, drill)).rejects.toMatchObject({ code: "HF209" });
    expect(asked).toEqual([{ maxBytes: FUNCTION_READS.manifestBytes }]);
    expect((await openDrillBackup(storage(manifest), drill)).limits).toBe(FUNCTION_READS);
  });
  it("openDrillBackup() does not take storage that is away for damage", async () => {
    await expect(openDrillBackup(storage(new HoldfastError("HF203", "away")), drill)).rejects.toMatchObject({ code: "HF203" });
  });
});
