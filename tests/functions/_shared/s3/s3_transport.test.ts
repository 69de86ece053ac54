import { describe, expect, test } from "vitest";
import { createS3Transport, type S3Request } from "../../../../functions/_shared/s3/s3_transport.ts";
import { TransientFailure } from "../../../../functions/_shared/s3/retry.ts";

const CONFIG = { endpoint: "https://storage.test", region: "us-east-1", bucket: "b", accessKeyId: "AKID", secretAccessKey: "secret", sessionToken: "token", prefix: "", pathStyle: true };
const CALL: S3Request = { method: "GET", key: "a b", action: "read it" };
const LIMITS = { timeoutMs: 1000, signal: undefined };
const clock = { now: () => Date.UTC(2026, 0, 1), sleep: async () => {} };
const through = (fetch: typeof globalThis.fetch) => createS3Transport(CONFIG, { fetch, clock });

describe("createS3Transport()", () => {
  test("exchange() signs host, date, payload hash, token and given headers", async () => {
    let sent: { url: string; headers: Headers; redirect: string | undefined } | undefined;
    await through(async (input, init) => {
      sent = { url: String(input), headers: new Headers(init?.headers), redirect: init?.redirect };
      return new Response("");
    }).exchange({ ...CALL, headers: { "x-amz-meta-a": "1" } }, LIMITS);
    expect(sent).toMatchObject({ url: "https://storage.test/b/a%20b", redirect: "manual" });
    expect(sent?.headers.get("authorization")).toMatch(/^AWS4-HMAC-SHA256 Credential=AKID\/20260101\/us-east-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-a;x-amz-security-token, Signature=[0-9a-f]{64}$/);
  });

  test("exchange() takes an answer shorter than announced for a failure", async () => {
    const short = through(async () => new Response("abc", { headers: { "content-length": "10" } }));
    await expect(short.exchange(CALL, LIMITS)).rejects.toMatchObject({ error: { code: "HF207", detail: "Received 3 of 10 bytes." } });
  });

  test.each([["announced", { "content-length": "1000000" }], ["not announced", {}]])("exchange() gives up an answer longer than allowed, for good, before it is read: %s", async (_what, headers) => {
    let sent = 0;
    const body = () => new ReadableStream<Uint8Array>({ pull: (controller) => {
      sent += 1000;
      controller.enqueue(new Uint8Array(1000));
      if (sent >= 1_000_000) controller.close();
    } });
    let signal: AbortSignal | null | undefined;
    const long = through(async (_input, init) => {
      signal = init?.signal;
      return new Response(body(), { headers });
    });
    await expect(long.exchange({ ...CALL, maxBytes: 5000 }, LIMITS)).rejects.toMatchObject({ name: "HoldfastError", code: "HF209", detail: "It has more than 5000 bytes." });
    expect(sent).toBeLessThan(20_000);
    expect(signal?.aborted).toBe(true);
  });

  test("exchange() returns an answer of the longest size allowed, and an error that is longer", async () => {
    const bytes = new Uint8Array(5000).map((_, at) => at % 251);
    for (const headers of [{ "content-length": "5000" }, {}]) {
      const { body } = await through(async () => new Response(bytes, { headers })).exchange({ ...CALL, maxBytes: 5000 }, LIMITS);
      expect(Buffer.compare(body, bytes)).toBe(0);
    }
    const refused = through(async () => new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 }));
    expect(await refused.exchange({ ...CALL, maxBytes: 5 }, LIMITS)).toMatchObject({ failure: { code: "AccessDenied" } });
  });

  test("exchange() ends a request that takes too long", async () => {
    const never = through((_, init) => new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason))));
    await expect(never.exchange(CALL, { timeoutMs: 20, signal: undefined })).rejects.toMatchObject({ error: { code: "HF203", detail: "No complete answer from https://storage.test within 20 ms." } });
  });

  test("exchange() retries network errors but not certificates", async () => {
    const failing = (code: string) => through(() => Promise.reject(new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) })));
    await expect(failing("ECONNRESET").exchange(CALL, LIMITS)).rejects.toBeInstanceOf(TransientFailure);
    await expect(failing("CERT_HAS_EXPIRED").exchange(CALL, LIMITS)).rejects.toMatchObject({ name: "HoldfastError", code: "HF203", hint: expect.stringContaining("certificate") });
  });

  test("exchange() sends nothing for a key that no URL can name", async () => {
    const none = through(() => expect.unreachable("a request was sent"));
    await expect(none.exchange({ ...CALL, key: "a/../b" }, LIMITS)).rejects.toMatchObject({ name: "HoldfastError", code: "HF206" });
  });

  test("open() leaves a success to be read and reports a refusal", async () => {
    const opened = await through(async () => new Response("abc")).open(CALL, LIMITS);
    expect("reader" in opened && Buffer.from((await opened.reader.read()).value ?? []).toString()).toBe("abc");
    expect(await through(async () => new Response("", { status: 404 })).open(CALL, LIMITS)).toMatchObject({ failure: { status: 404 } });
  });
});
