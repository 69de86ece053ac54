import { AwsV4Signer } from "aws4fetch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestS3, type TestS3 } from "./start_test_s3.ts";

let s3: TestS3;
beforeAll(async () => {
  s3 = await startTestS3();
});
afterAll(() => s3.stop());

async function call(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<string> {
  const signer = new AwsV4Signer({ url: `${s3.server.endpoint}/${path}`, method, headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", ...headers }, service: "s3", region: "us-east-1", accessKeyId: s3.server.accessKeyId, secretAccessKey: s3.server.secretAccessKey });
  const signed = await signer.sign();
  const reply = await fetch(signed.url, { method, headers: signed.headers, ...(body === undefined ? {} : { body }) });
  return `${reply.status} ${/<Code>(.*)<\/Code>/.exec(await reply.text())?.[1] ?? ""}`.trim();
}

describe("handleS3Call()", () => {
  test.each([
    ["GET", "test?acl"], ["GET", "test?versions"], ["GET", "test"], ["PUT", "test/a?acl"], ["GET", "test/a?tagging"], ["POST", "test?delete"], ["GET", "test?list-type=2&fetch-owner=true"], ["GET", ""], ["POST", "test/a?select"],
  ])("handleS3Call() refuses %s %s instead of doing something else", async (method, path) => {
    expect(await call(method, path, {}, method === "PUT" || method === "POST" ? "x" : undefined)).toBe("501 NotImplemented");
  });

  test("handleS3Call() makes and removes buckets", async () => {
    expect(await call("PUT", "another")).toBe("200");
    expect(await call("PUT", "another")).toBe("409 BucketAlreadyOwnedByYou");
    expect(await call("HEAD", "another")).toBe("200");
    expect(await call("DELETE", "another")).toBe("204");
    expect(await call("HEAD", "another")).toBe("404");
  });

  test("handleS3Call() says NoSuchBucket for every kind of call", async () => {
    for (const [method, path] of [["GET", "absent/a"], ["PUT", "absent/a"], ["DELETE", "absent/a"], ["GET", "absent?list-type=2"], ["POST", "absent/a?uploads"]] as const) {
      expect(await call(method, path, {}, method === "PUT" ? "x" : undefined), `${method} ${path}`).toBe("404 NoSuchBucket");
    }
  });

  test("handleS3Call() gives versions and delete markers where a lock needs them", async () => {
    const client = s3.client({}, { bucket: "locked" });
    const first = await client.putObject("v", Buffer.from("one"), { ifNoneMatch: false });
    await client.putObject("v", Buffer.from("two"), { ifNoneMatch: false });
    expect(await call("GET", `locked/v?versionId=${first.versionId}`)).toBe("200");
    expect(await call("DELETE", "locked/v")).toBe("204");
    expect(await call("GET", "locked/v")).toBe("404 NoSuchKey");
    expect(await call("GET", "locked/v?versionId=none")).toBe("404 NoSuchVersion");
  });

  test("handleS3Call() takes a key that looks like a path for a key", async () => {
    expect(await call("PUT", "test/%2e%2e%2f%2e%2e%2fescape", {}, "x")).toBe("200");
    const keys: string[] = [];
    for await (const object of s3.client().listObjects("../")) keys.push(object.key);
    expect(keys).toEqual(["../../escape"]);
  });
});
