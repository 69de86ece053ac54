import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { checkBackupObjects } from "../../../../functions/_shared/verify/check_backup_objects.ts";
import { FUNCTION_READS } from "../../../../functions/_shared/restore/read_limits.ts";
import type { ObjectReader } from "../../../../functions/_shared/verify/object_storage.ts";
import type { RestorePointObjects } from "../../../../functions/_shared/verify/restore_point_objects.ts";

const PREFIX = "holdfast/p/runs/1/";
const hash = (text: string) => createHash("sha256").update(text).digest("hex");
const bytesOf = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
const contents: Record<string, string> = {
  [`${PREFIX}manifest.json`]: "{manifest}",
  [`${PREFIX}schema.sql.gz`]: "schema",
  [`${PREFIX}data/public.a/1.copy.gz`]: "first rows",
  [`${PREFIX}data/public.b/2.copy.gz`]: "more rows",
};

const point: RestorePointObjects = {
  runId: "r", objectPrefix: PREFIX, manifestKey: `${PREFIX}manifest.json`, manifestSha256: hash("{manifest}"), manifestBytes: 10,
  share: { of: 1, index: 0, after: null }, older: [],
  objects: Object.entries(contents).filter(([key]) => !key.endsWith(".json")).map(([key, text]) => ({ key, sha256: hash(text), bytes: text.length })),
};

/** Keys that match `frozen` are in an archive; a probe of one byte counts as a read as well. */
function bucket(changes: Record<string, string | undefined> = {}, failures: Record<string, unknown> = {}, frozen?: RegExp, storageClass = "GLACIER"): ObjectReader & { read: string[] } {
  const stored = { ...contents, ...changes };
  const read: string[] = [];
  return {
    read,
    getObject: async (key, { maxBytes = Infinity } = {}) => {
      read.push(key);
      if ((stored[key]?.length ?? 0) > maxBytes) throw new HoldfastError("HF209", `Cannot get object "${key}": it is longer than expected`);
      if (failures[key] !== undefined) throw failures[key];
      const text = stored[key];
      if (text !== undefined && frozen?.test(key) === true) throw new HoldfastError("HF603", "archived");
      if (text === undefined) throw new HoldfastError("HF204", `Cannot get object "${key}": it does not exist`);
      return bytesOf(text);
    },
    listObjects: async function* (prefix) {
      if (failures["list"] !== undefined) throw failures["list"];
      for (const [key, text] of Object.entries(stored)) if (text !== undefined && key.startsWith(prefix)) yield { key, bytes: text.length, ...(frozen?.test(key) === true ? { storageClass } : {}) };
    },
  };
}
const check = (reader: ObjectReader, of: RestorePointObjects = point) => checkBackupObjects({ state: "ready", reader }, of, { maxBytes: Infinity });
const failed = (findings: { verdict: string; subject: string }[]) => findings.filter(({ verdict }) => verdict === "failed").map(({ subject }) => subject);

describe("checkBackupObjects()", () => {
  it("checkBackupObjects() passes an undamaged backup after reading all of it", async () => {
    const reader = bucket();
    const findings = await check(reader);
    expect(findings.map(({ verdict }) => verdict)).toEqual(["passed", "passed", "passed"]);
    expect(reader.read.sort()).toEqual(Object.keys(contents).sort());
  });

  it("checkBackupObjects() names a missing object", async () => {
    expect(failed(await check(bucket({ [`${PREFIX}data/public.a/1.copy.gz`]: undefined })))).toEqual([`${PREFIX}data/public.a/1.copy.gz`]);
  });

  it("checkBackupObjects() names an object of another size", async () => {
    const findings = await check(bucket({ [`${PREFIX}data/public.b/2.copy.gz`]: "more" }));
    expect(findings).toContainEqual({ subject: `${PREFIX}data/public.b/2.copy.gz`, verdict: "failed", expected: "9 bytes", actual: "4 bytes" });
  });

  it("checkBackupObjects() names an object of the same size and other contents", async () => {
    expect(failed(await check(bucket({ [`${PREFIX}data/public.b/2.copy.gz`]: "MORE rows" })))).toEqual([`${PREFIX}data/public.b/2.copy.gz`]);
  });

  it("checkBackupObjects() names a missing and an altered manifest", async () => {
    expect(failed(await check(bucket({ [point.manifestKey]: undefined })))).toEqual([point.manifestKey]);
    expect(failed(await check(bucket({ [point.manifestKey]: "{MANIFEST}" })))).toEqual([point.manifestKey]);
  });

  it("checkBackupObjects() reads no object further than it was recorded, and calls a longer one damaged", async () => {
    for (const key of [point.manifestKey, `${PREFIX}schema.sql.gz`]) {
      const reader = bucket({ [key]: `${contents[key] ?? ""}, and much more` });
      const lying = { ...reader, listObjects: bucket().listObjects };
      const findings = await check(lying);
      expect(failed(findings)).toEqual([key]);
      expect(findings.find(({ subject }) => subject === key)).toMatchObject({ actual: expect.stringContaining("HF209") });
    }
    const older = { runId: "o", objectPrefix: "older/", manifestKey: "older/manifest.json", manifestSha256: hash("{}"), archived: false };
    const huge = bucket({ "older/manifest.json": "{}".repeat(100) });
    const findings = await checkBackupObjects({ state: "ready", reader: huge }, { ...point, older: [older] }, { maxBytes: Infinity, reads: { ...FUNCTION_READS, manifestBytes: 100 } });
    expect(findings.find(({ subject }) => subject === older.manifestKey)).toMatchObject({ verdict: "inconclusive", actual: expect.stringContaining("HF209") });
    const forgotten = { ...point, manifestBytes: null };
    expect(failed(await check(bucket(), forgotten))).toEqual([]);
  });

  it("checkBackupObjects() does not read what a function has no memory for, and says so", async () => {
    const large = 100_000;
    const key = `${PREFIX}data/public.a/1.copy.gz`;
    const reader = bucket({ [key]: "x".repeat(large) });
    const of = { ...point, objects: point.objects.map((one) => (one.key === key ? { ...one, bytes: large, sha256: hash("x".repeat(large)) } : one)) };
    const findings = await checkBackupObjects({ state: "ready", reader }, of, { maxBytes: Infinity, reads: { ...FUNCTION_READS, chunkBytes: 1000 } });
    expect(reader.read).not.toContain(key);
    expect(findings.find(({ subject }) => subject === "large objects")).toMatchObject({ verdict: "skipped", actual: expect.stringMatching(/^1 objects .*holdfast verify reads them/) });
    expect((await check(bucket({ [key]: "x".repeat(large) }), of)).map(({ subject }) => subject)).not.toContain("large objects");
  });

  it("checkBackupObjects() takes bytes the client found damaged for damage", async () => {
    const key = `${PREFIX}schema.sql.gz`;
    expect(failed(await check(bucket({}, { [key]: new HoldfastError("HF207", "Cannot get object: its bytes are damaged") })))).toEqual([key]);
  });

  it.each(["HF202", "HF203", "HF206", "HF208"] as const)("checkBackupObjects() is inconclusive, not failed, when storage answers %s", async (code) => {
    for (const where of ["list", point.manifestKey, `${PREFIX}schema.sql.gz`]) {
      const findings = await check(bucket({}, { [where]: new HoldfastError(code, "away") }));
      expect(failed(findings)).toEqual([]);
      expect(findings.at(-1)).toMatchObject({ subject: "bucket", verdict: "inconclusive", actual: `${code}: away` });
    }
  });

  it("checkBackupObjects() keeps the damage it saw before the storage went away", async () => {
    const findings = await check(bucket({ [point.manifestKey]: undefined }, { list: new HoldfastError("HF203", "away") }));
    expect(findings.map(({ verdict }) => verdict)).toEqual(["failed", "inconclusive"]);
  });

  it("checkBackupObjects() fails when the bucket is gone", async () => {
    expect(failed(await check(bucket({}, { list: new HoldfastError("HF201", "no such bucket") })))).toEqual(["bucket"]);
  });

  it("checkBackupObjects() does not take a bug for a finding", async () => {
    await expect(check(bucket({}, { list: new TypeError("bug") }))).rejects.toThrow("bug");
  });

  it("checkBackupObjects() names at most a hundred objects and counts the others", async () => {
    const many = { ...point, objects: Array.from({ length: 250 }, (_, n) => ({ key: `${PREFIX}x/${n}`, sha256: "", bytes: 1 })) };
    const findings = await check(bucket(), many);
    expect(findings.filter(({ verdict }) => verdict === "failed")).toHaveLength(101);
    expect(findings).toContainEqual(expect.objectContaining({ subject: "further objects", actual: "150 more damaged objects" }));
  });

  it("checkBackupObjects() says how much the byte budget left unread", async () => {
    const findings = await checkBackupObjects({ state: "ready", reader: bucket() }, point, { maxBytes: 12 });
    expect(findings.at(-1)).toMatchObject({ subject: "contents", evidence: { unread_of_share: expect.any(Number) }, actual: expect.stringContaining("did not fit") });
  });

  it("checkBackupObjects() leaves the mark of the share it read, also when an object of it is damaged", async () => {
    const share = { of: 1, index: 0, after: `${PREFIX}data/public.a/1.copy.gz` };
    const mark = { share: 0, share_of: 1, next: null, read: 2 };
    expect((await check(bucket(), { ...point, share })).at(-1)).toMatchObject({ subject: "contents", evidence: mark });
    const findings = await check(bucket({ [`${PREFIX}schema.sql.gz`]: "SCHEMA" }), { ...point, share });
    expect(findings.at(-1)).toMatchObject({ subject: `${PREFIX}schema.sql.gz`, verdict: "failed", evidence: mark });
  });

  describe("with older restore points", () => {
    const OLD = "holdfast/p/runs/0/";
    const refs = { "schema.json.gz": "old schema", "data/public.a/1.copy.gz": "old rows" };
    const chunk = { key: "data/public.a/1.copy.gz", sha256: hash("old rows"), bytes: 8, raw_bytes: 20, rows: 1, first_tid: "(0,0)", end_tid: null };
    const manifest = JSON.stringify({
      format: "holdfast-backup", format_version: 1, tool: { name: "holdfast", version: "1" }, project: "p", run_id: "20260101T000000Z-aaaaaa", tier: "daily", engine: "cli",
      snapshot: { id: "1", at: "2026-01-01T00:00:00Z", lsn: "0/0", xids: "1:1:" }, server: { version: "17", version_num: 170000, database: "d", settings: {} }, encryption: null,
      objects: [{ content: "schema.json", key: "schema.json.gz", sha256: hash("old schema"), bytes: 10 }],
      tables: [{ schema: "public", name: "a", columns: ["id"], rows: 1, fingerprint: "0000000000000000", fingerprint_expression: "x", raw_bytes: 20, stored_bytes: 8, chunks: [chunk] }],
      excluded: [], warnings: [], totals: { tables: 1, rows: 1, objects: 2, raw_bytes: 20, stored_bytes: 18 }, finished_at: "2026-01-01T00:00:00Z",
    });
    const stored = { [`${OLD}manifest.json`]: manifest, ...Object.fromEntries(Object.entries(refs).map(([key, text]) => [OLD + key, text])) };
    const both = { ...point, older: [{ runId: "20260101T000000Z-aaaaaa", objectPrefix: OLD, manifestKey: `${OLD}manifest.json`, manifestSha256: hash(manifest), archived: false }] };

    it("checkBackupObjects() reads their objects back as well", async () => {
      const reader = bucket(stored);
      expect((await check(reader, both)).at(-1)).toMatchObject({ subject: "contents", verdict: "passed", evidence: { read: 5, restore_points: 2 } });
      expect(reader.read.sort()).toEqual([...Object.keys(contents), ...Object.keys(stored)].sort());
    });

    it.each([["schema.json.gz", "OLD schema"], ["data/public.a/1.copy.gz", undefined]])("checkBackupObjects() names their damaged %s", async (key, text) => {
      expect(failed(await check(bucket({ ...stored, [OLD + key]: text }), both))).toEqual([OLD + key]);
    });

    it("checkBackupObjects() compares archived ones with a listing of their folder", async () => {
      const archived = { ...both, older: both.older.map((one) => ({ ...one, archived: true })) };
      const rows = /runs\/0\/data/;
      const findings = await check(bucket(stored, {}, rows), archived);
      expect(findings.at(-1)).toMatchObject({ subject: "archived objects", verdict: "skipped", evidence: { objects: 1, bytes: 8, restore_points: 1 } });
      expect(findings.at(-2)).toMatchObject({ subject: "contents", verdict: "passed", evidence: { read: 4 } });
      const key = `${OLD}data/public.a/1.copy.gz`;
      // Not in this turn's share, and noticed all the same.
      const later = { ...archived, share: { of: 1, index: 0, after: "z" } };
      for (const text of [undefined, "old"]) expect(failed(await check(bucket({ ...stored, [key]: text }, {}, rows), later))).toEqual([key]);
    });

    it("checkBackupObjects() names their altered or missing manifest and goes on with the others", async () => {
      for (const text of [undefined, manifest.replace("17", "18")]) {
        const findings = await check(bucket({ ...stored, [`${OLD}manifest.json`]: text }), both);
        expect(failed(findings)).toEqual([`${OLD}manifest.json`]);
        expect(findings.at(-1)).toMatchObject({ subject: "contents", verdict: "passed", evidence: { read: 3 } });
      }
    });
  });

  describe("with archived objects", () => {
    const ROWS = /\/data\//;
    const findingOf = async (subject: string, reader: ObjectReader, of = point) => (await check(reader, of)).find((one) => one.subject === subject);

    it("checkBackupObjects() looks for them, gives them no turn, and does not call them read", async () => {
      const reader = bucket({}, {}, ROWS);
      const findings = await check(reader);
      expect(findings.map(({ subject, verdict }) => [subject, verdict])).toEqual([[point.manifestKey, "passed"], [PREFIX, "passed"], ["contents", "passed"], ["archived objects", "skipped"]]);
      expect(findings[2]).toMatchObject({ actual: "1 of 1 objects read back with the recorded hash", evidence: { read: 1, unread_of_share: 0 } });
      expect(findings[3]).toMatchObject({ actual: expect.stringMatching(/^2 objects of 1 restore points are archived: .* were not read$/), evidence: { objects: 2, bytes: 19 } });
      // The manifest, a probe and the schema.
      expect(reader.read).toHaveLength(3);
    });

    it("checkBackupObjects() names one that is missing or of another size", async () => {
      expect(failed(await check(bucket({ [`${PREFIX}data/public.a/1.copy.gz`]: undefined }, {}, ROWS)))).toEqual([`${PREFIX}data/public.a/1.copy.gz`]);
      expect(failed(await check(bucket({ [`${PREFIX}data/public.b/2.copy.gz`]: "more" }, {}, ROWS)))).toEqual([`${PREFIX}data/public.b/2.copy.gz`]);
    });

    it("checkBackupObjects() has not passed contents of which nothing could be read", async () => {
      const rows = { ...point, objects: point.objects.filter(({ key }) => ROWS.test(key)) };
      expect(await findingOf("contents", bucket({}, {}, ROWS), rows)).toMatchObject({ verdict: "skipped", evidence: { share: 0, read: 0 } });
    });

    it("checkBackupObjects() reads them where the server keeps the class readable", async () => {
      const { getObject } = bucket();
      const reader = { ...bucket({}, {}, ROWS), getObject };
      expect(await findingOf("contents", reader)).toMatchObject({ verdict: "passed", evidence: { read: 3 } });
      expect(await findingOf("archived objects", reader)).toBeUndefined();
    });

    it("checkBackupObjects() meets those that nobody told it of, and an archived manifest", async () => {
      // No class in the listing.
      const unseen = bucket({}, {}, ROWS, "INTELLIGENT_TIERING");
      expect(await findingOf("contents", unseen)).toMatchObject({ verdict: "passed", evidence: { read: 1 } });
      expect(await findingOf("archived objects", unseen)).toMatchObject({ verdict: "skipped", evidence: { objects: 2, restore_points: 1 } });
      expect(await findingOf(point.manifestKey, bucket({}, {}, /manifest/))).toMatchObject({ verdict: "skipped", actual: expect.stringContaining("archived") });
      const older = { runId: "r0", objectPrefix: "old/", manifestKey: "old/manifest.json", manifestSha256: "x", archived: false };
      const findings = await check(bucket({ "old/manifest.json": "m", "old/data/a": "1" }, {}, /^old/), { ...point, older: [older] });
      expect(findings.at(-1)).toMatchObject({ subject: "old/manifest.json", verdict: "skipped", actual: "it is archived, so that neither it nor the 2 objects of its run were compared" });
      expect(failed(findings)).toEqual([]);
    });
  });

  it("checkBackupObjects() is skipped without S3 or restore point, and inconclusive with a wrong configuration", async () => {
    await expect(checkBackupObjects({ state: "off" }, point, { maxBytes: 1 })).resolves.toMatchObject([{ verdict: "skipped", actual: expect.stringContaining("S3 is not configured") }]);
    await expect(checkBackupObjects({ state: "ready", reader: bucket() }, null, { maxBytes: 1 })).resolves.toMatchObject([{ verdict: "skipped" }]);
    await expect(checkBackupObjects({ state: "invalid", reason: "HF200: x" }, point, { maxBytes: 1 })).resolves.toMatchObject([{ verdict: "inconclusive", actual: "HF200: x" }]);
  });
});
