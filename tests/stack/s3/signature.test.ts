import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { AwsV4Signer } from "aws4fetch";
import { describe, expect, test } from "vitest";
import { verifySignature } from "../../../stack/s3/signature.ts";

const CREDENTIALS = { accessKeyId: "AKID", secretAccessKey: "secret", region: "us-east-1" };
const HASH = "a".repeat(64);

async function signed(change: { url?: string; headers?: Record<string, string>; secret?: string; signQuery?: boolean; datetime?: string } = {}) {
  const signer = new AwsV4Signer({
    url: change.url ?? "http://host.test/bucket/a%20b%2Bc?prefix=x%20y&b=2&a=1", method: "GET", accessKeyId: "AKID", secretAccessKey: change.secret ?? "secret", region: "us-east-1", service: "s3",
    headers: { ...(change.signQuery === true ? {} : { "x-amz-content-sha256": HASH }), ...change.headers }, signQuery: change.signQuery ?? false, ...(change.datetime === undefined ? {} : { datetime: change.datetime }),
  });
  const { url, headers } = await signer.sign();
  const request = new IncomingMessage(new Socket());
  request.method = "GET";
  request.headers = { host: url.host, ...Object.fromEntries(headers) };
  return { request, path: url.pathname, query: url.search.slice(1) };
}
const verify = ({ request, path, query }: Awaited<ReturnType<typeof signed>>): string | null => verifySignature(request, path, query, CREDENTIALS);
const code = (value: string) => expect.objectContaining({ code: value });

describe("verifySignature()", () => {
  test("verifySignature() accepts a signed request and returns the hash its body must have", async () => {
    expect(verify(await signed())).toBe(HASH);
    expect(verify(await signed({ headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-meta-a": " b   c " } }))).toBeNull();
    expect(verify(await signed({ signQuery: true }))).toBeNull();
  });

  test("verifySignature() notices every change after signing", async () => {
    const changes: ((one: Awaited<ReturnType<typeof signed>>) => void)[] = [
      (one) => { one.path = "/bucket/other"; },
      (one) => { one.query = one.query.replace("a=1", "a=2"); },
      (one) => { one.request.method = "DELETE"; },
      (one) => { one.request.headers["x-amz-content-sha256"] = "b".repeat(64); },
      (one) => { one.request.headers.host = "other.test"; },
    ];
    for (const change of changes) {
      const one = await signed();
      change(one);
      expect(() => verify(one)).toThrow(code("SignatureDoesNotMatch"));
    }
    const added = await signed();
    added.request.headers["x-amz-storage-class"] = "GLACIER_IR";
    expect(() => verify(added)).toThrow(code("AccessDenied"));
  });

  test("verifySignature() refuses a wrong secret, another day and aws-chunked bodies", async () => {
    const wrong = await signed({ secret: "wrong" });
    expect(() => verify(wrong)).toThrow(code("SignatureDoesNotMatch"));
    const old = await signed({ datetime: "20200101T000000Z" });
    expect(() => verify(old)).toThrow(code("RequestTimeTooSkewed"));
    const chunked = await signed({ headers: { "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" } });
    expect(() => verify(chunked)).toThrow(code("NotImplemented"));
  });
});
