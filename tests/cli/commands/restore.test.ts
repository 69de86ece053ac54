import type { Client } from "pg";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeProgress } from "../../../cli/commands/restore.ts";
import { runCommand } from "../../../cli/run_command.ts";
import { connect } from "../../../functions/_shared/database/connect.ts";
import { parseProof } from "../../../functions/_shared/prove/proof.ts";
import type { RestoreProgress } from "../../../functions/_shared/restore/restore_context.ts";
import { createS3Client, type S3Client } from "../../../functions/_shared/s3/s3_client.ts";
import { parseS3Config } from "../../../functions/_shared/s3/s3_config.ts";
import { type RunningS3, startS3 } from "../../../stack/s3/start_s3.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { queryRows } from "../../support/query_rows.ts";
import { writeBackup, type WrittenBackup } from "../../support/written_backup.ts";

describe("describeProgress()", () => {
  const line = (change: Partial<RestoreProgress> = {}) => describeProgress({ phase: "data", done: 1024 ** 2, total: 4 * 1024 ** 2, unit: "bytes", item: "shop.orders", remainingSeconds: 90, ...change });

  it.each<[string, Partial<RestoreProgress>, RegExp]>([
    ["bytes", {}, /^Rows \[#####---------------\] 1\.0 MiB of 4\.0 MiB shop\.orders, about 1 min 30 s left$/],
    ["steps", { phase: "schema_after", unit: "steps", done: 3, total: 3 }, /^Indexes and constraints \[#{20}\] 3 of 3 shop\.orders, about/],
    ["a phase that has not said how much it has to do", { phase: "check", unit: "steps", done: 0, total: 0, item: "", remainingSeconds: null }, /^Checking$/],
    ["more done than was known of", { done: 9, total: 4, unit: "steps" }, /\[#{20}\] 9 of 4/],
    ["how far a proof is", { phase: "prove", unit: "steps", done: 459_702_272, total: 530_651_455, item: "rules:1/3" }, /^Proving \[#{17}-{3}\] 86 % rules:1\/3/],
  ])("describeProgress() shows %s", (_what, change, expected) => expect(line(change)).toMatch(expected));
});

describe("registerRestore()", () => {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-restore-"));
  const before = process.cwd();
  const databases: TestDatabase[] = [];
  let storage: RunningS3;
  let s3: S3Client;
  let env: Record<string, string>;
  let written: WrittenBackup;
  let target: TestDatabase;
  const KEY = "data/shop.items/000001.copy.gz";
  const RUN = "20261123T205500Z-a1b2c3";

  beforeAll(async () => {
    const source = await newDatabase();
    target = await newDatabase();
    const session: Client = await connect(source.url, { applicationName: "holdfast test" });
    await session.query(`create schema shop; create table shop.items (id integer primary key, name text); insert into shop.items select g, 'n' from generate_series(1, 1500) g; create table shop.others (n integer);
      create policy p on shop.items for select to anon using (true)`);
    written = await writeBackup(session, ["shop"], { "globals.json": { roles: [], memberships: [], settings: [], cron_jobs: [{ name: "nightly", schedule: "0 3 * * *", command: "select 1", database: "gone", username: "postgres", active: true }] } });
    await session.end();
    storage = await startS3({ dir: join(dir, "s3"), buckets: ["backups"] });
    env = { HOLDFAST_S3_ENDPOINT: storage.endpoint, HOLDFAST_S3_BUCKET: "backups", HOLDFAST_S3_ACCESS_KEY_ID: storage.accessKeyId, HOLDFAST_S3_SECRET_ACCESS_KEY: storage.secretAccessKey };
    const config = parseS3Config(env);
    if (config === null) throw new Error("There are no storage settings");
    s3 = createS3Client(config);
    for (const [key, bytes] of written.storage.objects) await s3.putObject(key, bytes);
    // Where the proof goes unless it is told otherwise.
    process.chdir(dir);
  });
  afterAll(async () => {
    process.chdir(before);
    await storage.stop();
    for (const one of databases) await one.drop();
    rmSync(dir, { recursive: true, force: true });
  });
  async function newDatabase(): Promise<TestDatabase> {
    const database = await createTestDatabase();
    databases.push(database);
    return database;
  }
  async function restore(argv: string[], change: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const code = await runCommand(["restore", ...argv], { env: { ...env, ...change }, stdout, stderr });
    return { code, out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
  }
  const json = async (argv: string[], code: number) => {
    const outcome = await restore([...argv, "--json"]);
    expect(outcome.code, outcome.err).toBe(code);
    return JSON.parse(outcome.out) as Record<string, unknown>;
  };

  it("registerRestore() asks for a restore point and a target: 2, HF102", async () => {
    expect(await restore(["--to", target.url])).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/HF102[^]*--from latest/) });
    expect(await restore(["--from", "latest"])).toMatchObject({ code: 2, err: expect.stringMatching(/without --to[^]*HOLDFAST_TARGET_URL/) });
    expect(await restore(["--from", "latest"], { HOLDFAST_TARGET_URL: "" })).toMatchObject({ code: 2, err: expect.stringContaining("without --to") });
    expect(await restore(["--from", "latest", "--to", target.url, "--data-only", "--schema-only"])).toMatchObject({ code: 2, err: expect.stringContaining("exclude each other") });
    expect(await restore(["--from", "latest", "--to", "mysql://root:hunter2@h/x"])).toMatchObject({ code: 2, err: expect.not.stringContaining("hunter2") });
    expect((await restore(["--from", "latest", "--to", "mysql://h/x"])).err).toMatch(/^error: --to is not/);
    expect((await restore(["--from", "latest"], { HOLDFAST_TARGET_URL: "mysql://h/x" })).err).toMatch(/^error: HOLDFAST_TARGET_URL is not/);
  });

  it.each(["0", "17", "1.5", "many"])("registerRestore() takes no --workers %s: 2", async (workers) => {
    expect(await restore(["--from", "latest", "--to", target.url, "--workers", workers])).toMatchObject({ code: 2, err: expect.stringContaining("1 to 16") });
  });

  it("registerRestore() says what is missing: S3 with HF007, the target with HF104 and without its password, a restore point with HF500", async () => {
    expect(await restore(["--list"], { HOLDFAST_S3_BUCKET: "", HOLDFAST_S3_ENDPOINT: "", HOLDFAST_S3_ACCESS_KEY_ID: "", HOLDFAST_S3_SECRET_ACCESS_KEY: "" })).toMatchObject({ code: 3, err: expect.stringContaining("HF007") });
    const away = await restore(["--from", "latest"], { HOLDFAST_TARGET_URL: "postgresql://u:hunter2@127.0.0.1:1/x" });
    expect(away).toMatchObject({ code: 3, err: expect.stringContaining("HF104") });
    expect(away.err).not.toContain("hunter2");
    expect(await restore(["--from", "20200101T000000Z-000000", "--to", target.url])).toMatchObject({ code: 3, err: expect.stringContaining("HF500") });
    expect(await restore(["--from", "latest", "--to", target.url, "--project", "another"])).toMatchObject({ code: 3, err: expect.stringContaining("HF500") });
  });

  it("registerRestore() refuses an identity that it cannot read before it looks at anything", async () => {
    writeFileSync("identity.txt", "no key");
    expect((await restore(["--from", "latest", "--to", target.url, "--identity", "identity.txt"])).err).toMatch(/HF70\d/);
  });

  it("registerRestore() lists the restore points of the bucket, of all projects or of one", async () => {
    const key = `${written.backup.prefix}manifest.json`;
    expect(await json(["--list"], 0)).toEqual([{ project: "clinic", run_id: RUN, manifest_key: key, proofs: 0, archived: false }]);
    await s3.putObject(`${written.backup.prefix}proofs/1.json`, new TextEncoder().encode("{}"));
    expect(await restore(["--list"])).toMatchObject({ code: 0, out: `PROJECT  RUN${" ".repeat(RUN.length - 3)}  PROOFS\nclinic   ${RUN}  1\n` });
    await s3.putObject(`${written.backup.prefix}proofs/2.json`, new TextEncoder().encode("{}"));
    expect(await restore(["--list"])).toMatchObject({ out: expect.stringContaining(`clinic   ${RUN}  2\n`) });
    expect(await json(["--list", "--project", "another"], 0)).toEqual([]);
  });

  it("registerRestore() says with --dry-run what would be done, and does nothing", async () => {
    const plan = await json(["--from", "latest", "--to", target.url, "--dry-run"], 0);
    expect(plan).toMatchObject({ run_id: RUN, target: target.name, rows: 1500, raw_bytes: written.backup.manifest.totals.raw_bytes, left_out: [], expected_seconds: expect.any(Number) });
    expect(plan["before"]).toContainEqual({ verb: "create", name: "table shop.items" });
    expect(plan["after"]).toContainEqual({ verb: "create", name: "policy p of shop.items" });
    expect(plan["tables"]).toEqual([{ schema: "shop", name: "items", rows: 1500, raw_bytes: written.backup.manifest.totals.raw_bytes }, { schema: "shop", name: "others", rows: 0, raw_bytes: 0 }]);
    const { code, out } = await restore(["--from", RUN, "--to", target.url, "--dry-run", "--only", "shop.others"]);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^Run ${RUN} of .* into database ${target.name} `));
    expect(out).toMatch(/ {2}create table shop\.others\n\nRows of 1 tables:\n {2}shop\.others: 0 rows, 0 B\n\nAfter the rows, 0 statements:/);
    expect(out).toContain("Nothing was written.");
    expect(await queryRows(target.url, "select to_regnamespace('shop') is null as untouched")).toEqual([{ untouched: true }]);
  });

  it("registerRestore() stops at a damaged object: 3, HF501; goes on without its rows when told to, and says which are lost: 10", async () => {
    const argv = ["--from", "latest", "--to", target.url, "--proof", "lost.json"];
    storage.faults.add({ kind: "status", method: "GET", key: "shop\\.items", status: 404, code: "NoSuchKey", times: 0 });
    // A key that may only read: the proof of everything cannot go into the bucket, which is said.
    storage.faults.add({ kind: "status", method: "PUT", status: 403, code: "AccessDenied", times: 0 });
    try {
      expect(await restore(argv)).toMatchObject({ code: 3, out: "", err: expect.stringMatching(/shop\.items[^]*HF501/) });
      const { code, out, err } = await restore([...argv, "--skip-damaged"]);
      expect([code, err]).toEqual([10, expect.stringContaining("The proof is not in the bucket")]);
      expect(out).toMatch(new RegExp(`LOST: 1500 rows of shop\\.items, object \\S*${KEY.replaceAll(".", "\\.")}: .*is missing`));
      expect(out).toMatch(/Not restored:\n(?: {2}.*\n)* {2}.*shop\.items.*\(damaged\): /);
      expect(out).toMatch(/\nProof: lost\.json\n$/);
      expect(parseProof(readFileSync("lost.json"))).toMatchObject({ verdict: "failed", scope: "full" });
    } finally {
      storage.faults.clear();
    }
  });

  it("registerRestore() restores and proves, writes the proof into a file and the bucket, and says so: 0", async () => {
    const database = await newDatabase();
    const { code, out, err } = await restore(["--from", "latest", "--to", database.url, "--workers", "1"]);
    expect(code, out + err).toBe(0);
    expect(out).toMatch(new RegExp(`^Run ${RUN} of .*: 1,?500 rows of 2 tables, .*, restored into ${database.name} in `));
    expect(out).toMatch(/\n {2}data: .*\n {2}sequences: /);
    expect(out).toContain("Not restored:\n  scheduled job nightly (unsupported): ");
    expect(out).toMatch(new RegExp(`\nProof: proof-${RUN}\\.json, ${written.backup.prefix}proofs/\\d{8}T\\d{9}Z\\.json\n$`));
    expect(parseProof(readFileSync(`proof-${RUN}.json`))).toMatchObject({ verdict: "passed", scope: "full", target: { database: database.name } });
    // The last of them is the one that was stored now; the key in the text is that of the bucket.
    expect(parseProof(await s3.getObject(/(\S+)\n$/.exec(out)?.[1] ?? "")).verdict).toBe("passed");
    expect(err).toBe("");
    expect(await restore(["--from", "latest", "--to", database.url])).toMatchObject({ code: 3, err: expect.stringContaining("HF502") });
  });

  it("registerRestore() tells everything as JSON, and a part has no proof in the bucket", async () => {
    const database = await newDatabase();
    const answer = await json(["--from", "latest", "--to", database.url, "--only", "shop.items", "--proof", "part.json"], 0);
    expect(answer).toMatchObject({ run_id: RUN, project: "clinic", snapshot_at: written.backup.manifest.snapshot.at, target: database.name, tables: 1, rows: 1500, seconds: expect.any(Number),
      phase_seconds: { data: expect.any(Number), prove: expect.any(Number) }, left_out: [], lost: [], verdict: "passed", proof_file: "part.json", proof_key: null, proof: { scope: "partial" } });
    expect(parseProof(readFileSync("part.json"))).toEqual(answer["proof"]);
    // A place that cannot be written to costs the file and nothing else.
    const lost = await restore(["--from", "latest", "--to", (await newDatabase()).url, "--only", "shop.items", "--proof", "no/such/folder.json"]);
    expect(lost).toMatchObject({ code: 0, err: expect.stringContaining("no/such/folder.json (ENOENT)"), out: expect.stringMatching(/passed/) });
    expect(lost.out).not.toContain("\nProof:");
    // Rows that are lost are a failure also where nobody asked for a proof.
    storage.faults.add({ kind: "status", method: "GET", key: "shop\\.items", status: 404, code: "NoSuchKey", times: 0 });
    const none = await json(["--from", "latest", "--to", (await newDatabase()).url, "--only", "shop.items", "--skip-damaged", "--no-prove", "--proof", "none.json"], 10).finally(() => storage.faults.clear());
    expect(none).toMatchObject({ verdict: null, proof_file: null, proof_key: null, proof: null, lost: [{ table: "shop.items", rows: 1500 }], left_out: [{ reason: "damaged" }] });
    expect(existsSync("none.json")).toBe(false);
  });
});
