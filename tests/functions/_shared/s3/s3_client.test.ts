import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startTestS3, type TestS3 } from "../../../stack/s3/start_test_s3.ts";

let s3: TestS3;
beforeAll(async () => {
  s3 = await startTestS3();
});
afterEach(() => {
  s3.server.faults.clear();
  s3.sleeps.length = 0;
});
afterAll(() => s3.stop());

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

describe("createS3Client()", () => {
  test("createS3Client() stores and finds any bytes under any key", async () => {
    const client = s3.client();
    const key = fc.string({ unit: "binary", minLength: 1, maxLength: 60 }).filter((text) => !text.split("/").some((part) => part === "." || part === "..") && !text.includes("\u0000"));
    let run = 0;
    await fc.assert(fc.asyncProperty(key, fc.uint8Array({ maxLength: 3000 }), async (suffix, body) => {
      const prefix = `any/${run++}/`;
      await client.putObject(prefix + suffix, body);
      expect(Buffer.compare(await client.getObject(prefix + suffix), body)).toBe(0);
      const listed: string[] = [];
      for await (const object of client.listObjects(prefix)) listed.push(object.key);
      expect(listed).toEqual([prefix + suffix]);
      await client.deleteObject(prefix + suffix);
      expect(await client.headObject(prefix + suffix)).toBeNull();
    }), { numRuns: 60 });
  });

  test.each([
    ["a wrong secret", { secretAccessKey: "wrong" }, "HF202", "the secret key does not fit the access key"],
    ["an unknown key", { accessKeyId: "nobody" }, "HF202", "the access key is not known to the server"],
    ["a missing bucket", { bucket: "absent" }, "HF201", 'bucket "absent" does not exist'],
    ["a wrong region", { region: "eu-south-9" }, "HF206", "another region"],
    ["a session token nobody issued", { sessionToken: "stale" }, "HF202", "the session token is not valid any more"],
  ])("checkBucket() explains %s at once", async (_, wrong, code, message) => {
    await expect(s3.client({}, wrong).checkBucket()).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(s3.sleeps).toEqual([]);
  });

  test("checkBucket() measures a wrong clock: HF208", async () => {
    const clock = { now: () => Date.now() - 3600_000, sleep: async () => {} };
    await expect(s3.client({ clock }).checkBucket()).rejects.toMatchObject({ code: "HF208", message: expect.stringMatching(/the local clock is (3599|360[01]) s behind the server/) });
    await expect(s3.client({ clock }).headObject("a")).rejects.toMatchObject({ code: "HF208" });
  });

  test("checkBucket() says whether the bucket has Object Lock", async () => {
    expect(await s3.client().checkBucket()).toEqual({ objectLock: false });
    expect(await s3.client({}, { bucket: "locked" }).checkBucket()).toEqual({ objectLock: true });
  });

  test("headObject() describes an object and returns null for none", async () => {
    const client = s3.client();
    await client.putObject("head", Buffer.from("four"), { metadata: { Rows: "4" }, contentType: "text/plain", storageClass: "STANDARD_IA" });
    expect(await client.headObject("head")).toMatchObject({ bytes: 4, contentType: "text/plain", storageClass: "STANDARD_IA", objectLock: null, versionId: null, metadata: { rows: "4" } });
    expect(await client.headObject("none")).toBeNull();
  });

  test("deleteObject() is idempotent, and refused for a locked version", async () => {
    const client = s3.client({}, { bucket: "locked" });
    const { versionId } = await client.putObject("held", Buffer.from("x"), { objectLock: { mode: "COMPLIANCE", retainUntil: new Date(Date.now() + 60_000) } });
    await expect(client.deleteObject("held", { versionId: versionId ?? "" })).rejects.toMatchObject({ code: "HF202" });
    await client.deleteObject("never-there");
  });

  test("createS3Client() names no secret in any failure", async () => {
    const secret = "very-secret-value";
    for (const wrong of [{ secretAccessKey: secret }, { accessKeyId: "k", secretAccessKey: secret }, { endpoint: "http://127.0.0.1:9099", secretAccessKey: secret }]) {
      const error: unknown = await s3.client({ retries: 0 }, wrong).putObject("a", new Uint8Array(1)).catch((failure: unknown) => failure);
      const text = `${JSON.stringify(error)} ${String(error)} ${error instanceof Error ? String(error.stack) + String(error.cause) : ""}`;
      expect(text).toContain("HF20");
      expect(text).not.toContain(secret);
      expect(text).not.toMatch(/Signature=|AWS4-HMAC/);
    }
  });

  test("createS3Client() says which network error kept it from a server that is not there: HF203", async () => {
    await expect(s3.client({ retries: 1 }, { endpoint: "http://127.0.0.1:9099" }).checkBucket()).rejects.toMatchObject({ code: "HF203", detail: expect.stringMatching(/ECONNREFUSED/) });
  });

  test("createS3Client() works under the Deno of hosted functions", async () => {
    const deno = `${ROOT}node_modules/.bin/deno`;
    const script = fileURLToPath(new URL("deno_smoke.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(deno, ["run", "--no-remote", "--cached-only", "--node-modules-dir=manual", "--config", `${ROOT}functions/deno.json`, "--allow-net=127.0.0.1", "--allow-env", "--allow-read", script, JSON.stringify(s3.config)], { cwd: ROOT, env: { ...process.env, NO_COLOR: "1" } });
    expect(JSON.parse(stdout)).toEqual({ same: true, attempts: 2, empty: 0, existed: true, streamed: 300_000, listed: ["deno/a b+c/ü%", "deno/empty"], refused: "HF205", cut: true });
    expect(s3.server.faults.list().map((state) => state.hits)).toEqual([1, 1]);
  }, 60_000);
});
