import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createS3Client, type S3Client } from "../../../functions/_shared/s3/s3_client.ts";
import { type RunningS3, startS3 } from "../../../stack/s3/start_s3.ts";

let dir: string;
let server: RunningS3;
const clientOf = (running: RunningS3): S3Client =>
  createS3Client({ endpoint: running.endpoint, region: running.region, bucket: "test", accessKeyId: running.accessKeyId, secretAccessKey: running.secretAccessKey, sessionToken: undefined, prefix: "", pathStyle: true }, { retries: 0 });
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "holdfast-s3-"));
  server = await startS3({ dir, buckets: ["test"], region: "eu-central-1", accessKeyId: "k", secretAccessKey: "s" });
});
afterEach(async () => {
  await server.stop();
  await rm(dir, { recursive: true });
});

describe("startS3()", () => {
  test("startS3() finds its objects again", async () => {
    const body = randomBytes(5000);
    await clientOf(server).putObject("kept", body, { metadata: { a: "b" }, storageClass: "STANDARD_IA" });
    const before = await clientOf(server).headObject("kept");
    await server.stop();
    server = await startS3({ dir, buckets: ["test"], region: "eu-central-1", accessKeyId: "k", secretAccessKey: "s" });
    expect(Buffer.compare(await clientOf(server).getObject("kept"), body)).toBe(0);
    expect(await clientOf(server).headObject("kept")).toEqual(before);
  });

  test("startS3() listens on loopback and rejects a port that is taken", async () => {
    expect(server.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await expect(startS3({ dir, port: Number(new URL(server.endpoint).port) })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  test("startS3() takes faults over HTTP from other processes, but not from web pages", async () => {
    const url = `${server.endpoint}/_holdfast/faults`;
    const admin = { "x-holdfast-admin": "1" };
    expect((await fetch(url, { method: "POST", body: '{"kind":"disk_full"}' })).status).toBe(403);
    expect((await fetch(url, { method: "POST", headers: admin, body: '{"kind":"no such thing"}' })).status).toBe(400);
    const added = await fetch(url, { method: "POST", headers: admin, body: JSON.stringify({ kind: "disk_full", method: "PUT" }) });
    expect(await added.json()).toEqual([{ rule: { kind: "disk_full", method: "PUT" }, seen: 0, hits: 0 }]);
    await expect(clientOf(server).putObject("a", new Uint8Array(10))).rejects.toMatchObject({ code: "HF206", message: expect.stringContaining("no space or quota is left") });
    expect(await (await fetch(url, { headers: admin })).json()).toMatchObject([{ hits: 1 }]);
    await fetch(url, { method: "DELETE", headers: admin });
    expect(server.faults.list()).toEqual([]);
  });

  test("startS3() slows requests down", async () => {
    server.faults.add({ kind: "slow", method: "PUT", bytesPerSecond: 500_000 });
    const startedAt = Date.now();
    await clientOf(server).putObject("slow", new Uint8Array(200_000));
    expect(Date.now() - startedAt).toBeGreaterThan(350);
  });

  test("startS3() answers an unknown path, a bad escape and an anonymous call as S3 does", async () => {
    const status = async (path: string): Promise<string> => {
      const reply = await fetch(server.endpoint + path);
      return `${reply.status} ${/<Code>(.*)<\/Code>/.exec(await reply.text())?.[1]}`;
    };
    expect(await status("/test/a")).toBe("403 AccessDenied");
    expect(await status("/test/%zz")).toBe("400 InvalidURI");
    expect(await status("/")).toBe("403 AccessDenied");
  });
});
