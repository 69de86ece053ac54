import { createHash } from "node:crypto";
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

const BODY = new Uint8Array(100_000).map((_, index) => index % 251);
const sha256 = (body: Uint8Array): string => createHash("sha256").update(body).digest("hex");

describe("putObject() retries what may pass", () => {
  test("putObject() survives three 500 and reports four attempts", async () => {
    s3.server.faults.add({ kind: "status", method: "PUT", status: 500, times: 3 });
    expect(await s3.client().putObject("a/500", BODY)).toMatchObject({ attempts: 4, existed: false, verified: true, bytes: BODY.length, sha256: sha256(BODY) });
    expect(s3.sleeps).toHaveLength(3);
  });

  test.each([
    { kind: "status", status: 503, code: "SlowDown" },
    { kind: "status", status: 502 },
    { kind: "status", status: 504 },
    { kind: "status", status: 429, code: "TooManyRequests" },
    { kind: "status", status: 400, code: "RequestTimeout" },
    { kind: "status", status: 409, code: "ConditionalRequestConflict" },
    { kind: "reset" },
    { kind: "hang_up" },
  ] as const)("putObject() survives $kind $status", async (fault) => {
    const key = `a/${fault.kind}-${"status" in fault ? fault.status : ""}`;
    s3.server.faults.add({ ...fault, method: "PUT" });
    expect(await s3.client().putObject(key, BODY)).toMatchObject({ attempts: 2, verified: true });
    expect(Buffer.compare(await s3.client().getObject(key), BODY)).toBe(0);
  });

  test("putObject() waits as long as Retry-After says", async () => {
    s3.server.faults.add({ kind: "status", method: "PUT", status: 503, code: "SlowDown", retryAfter: 7 });
    await s3.client().putObject("a/retry-after", BODY);
    expect(s3.sleeps).toEqual([7000]);
  });

  test("putObject() gives up with HF203 after its attempts", async () => {
    s3.server.faults.add({ kind: "status", method: "PUT", status: 503, code: "SlowDown", times: 0 });
    const failed = s3.client({ retries: 2 }).putObject("a/give-up", BODY);
    await expect(failed).rejects.toMatchObject({ code: "HF203", detail: expect.stringMatching(/Status 503, S3 error SlowDown, request id \w+\. Gave up after 3 attempts/) });
    expect(s3.server.faults.list()[0]?.hits).toBe(3);
  });

  test("putObject() times out against a server that hangs, and succeeds on the next attempt", async () => {
    s3.server.faults.add({ kind: "delay", method: "PUT", delayMs: 1500 });
    const stored = await s3.client({ timeoutMs: 300 }).putObject("a/hangs", BODY);
    expect(stored.attempts).toBe(2);
  });

  test("putObject() stops when the caller aborts", async () => {
    s3.server.faults.add({ kind: "delay", method: "PUT", delayMs: 1000 });
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("budget spent")), 50);
    await expect(s3.client().putObject("a/abort", BODY, { signal: controller.signal })).rejects.toThrow("budget spent");
  });

  test("putObject() retries a write that was acknowledged and lost, then fails with HF204", async () => {
    s3.server.faults.add({ kind: "lost", method: "PUT" });
    expect(await s3.client().putObject("a/lost-once", BODY)).toMatchObject({ attempts: 2, verified: true });
    s3.server.faults.add({ kind: "lost", method: "PUT", times: 0 });
    await expect(s3.client({ retries: 1 }).putObject("a/lost", BODY)).rejects.toMatchObject({ code: "HF204", message: 'Cannot put object "a/lost": it was acknowledged but is not stored' });
  });
});

describe("putObject() does not retry what stays", () => {
  test.each([
    [{ kind: "status", status: 403, code: "AccessDenied" }, "HF202"],
    [{ kind: "status", status: 404, code: "NoSuchBucket" }, "HF201"],
    [{ kind: "status", status: 400, code: "EntityTooLarge" }, "HF206"],
    [{ kind: "status", status: 403, code: "QuotaExceeded" }, "HF206"],
    [{ kind: "status", status: 301, code: "PermanentRedirect" }, "HF206"],
    [{ kind: "disk_full" }, "HF206"],
  ] as const)("putObject() refuses after one attempt: %o", async (fault, code) => {
    s3.server.faults.add({ ...fault, method: "PUT", times: 0 });
    await expect(s3.client().putObject("b/refused", BODY)).rejects.toMatchObject({ code });
    expect(s3.server.faults.list()[0]?.hits).toBe(1);
    expect(s3.sleeps).toEqual([]);
  });

  test("putObject() sends a SHA-256 that the server checks", async () => {
    await expect(s3.client().putObject("b/hash", BODY, { sha256: "0".repeat(64) })).rejects.toMatchObject({ code: "HF207" });
    expect(await s3.client().headObject("b/hash")).toBeNull();
  });
});

describe("putObject() writes once", () => {
  test("putObject() refuses to replace other content with HF205", async () => {
    const client = s3.client();
    await client.putObject("c/once", BODY);
    await expect(client.putObject("c/once", new Uint8Array(3))).rejects.toMatchObject({ code: "HF205", detail: expect.stringContaining("Stored: 100000 bytes") });
    expect(Buffer.compare(await client.getObject("c/once"), BODY)).toBe(0);
  });

  test("putObject() tells content apart by hash, not by size alone", async () => {
    const client = s3.client();
    await client.putObject("c/same-size", Buffer.from("aaaa"));
    await expect(client.putObject("c/same-size", Buffer.from("bbbb"))).rejects.toMatchObject({ code: "HF205" });
  });

  test("putObject() accepts its own earlier write whose answer got lost", async () => {
    s3.server.faults.add({ kind: "reset_after", method: "PUT" });
    expect(await s3.client().putObject("c/ambiguous", BODY)).toMatchObject({ attempts: 2, existed: true, verified: true });
  });

  test("putObject() replaces when told to", async () => {
    const client = s3.client();
    await client.putObject("c/replace", Buffer.from("first"));
    await client.putObject("c/replace", Buffer.from("second"), { ifNoneMatch: false });
    expect(Buffer.from(await client.getObject("c/replace")).toString()).toBe("second");
  });

  test("putObject() lets one of twelve concurrent writers win", async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, (_, index) => s3.client().putObject("c/race", Buffer.from(`writer ${index}`))));
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "HF205" });
  });

  test("putObject() looks first on a server without conditional writes, and remembers", async () => {
    let conditional = 0;
    const puts: string[] = [];
    const client = s3.client({
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        puts.push(init?.method ?? "");
        if (!headers.has("if-none-match")) return fetch(input, init);
        conditional++;
        return Promise.resolve(new Response("<Error><Code>NotImplemented</Code></Error>", { status: 501 }));
      },
    });
    expect(await client.putObject("c/501", BODY)).toMatchObject({ existed: false, attempts: 1 });
    expect(await client.putObject("c/501b", BODY)).toMatchObject({ existed: false });
    await expect(client.putObject("c/501", Buffer.from("other"))).rejects.toMatchObject({ code: "HF205" });
    expect(conditional).toBe(1);
    expect(puts).toEqual(["PUT", "HEAD", "PUT", "HEAD", "HEAD", "PUT", "HEAD", "HEAD"]);
  });
});

describe("putObject() reads back what servers drop", () => {
  const dropping = (name: string) => s3.client({
    fetch: (input, init) => {
      const headers = new Headers(init?.headers);
      if (init?.method !== "HEAD") return fetch(input, init);
      return fetch(input, init).then((reply) => {
        const kept = new Headers(reply.headers);
        kept.delete(name);
        return new Response(null, { status: reply.status, headers: kept });
      }).finally(() => headers);
    },
  }, { bucket: "locked" });

  test("putObject() fails with HF206 when the lock is not there", async () => {
    const objectLock = { mode: "COMPLIANCE", retainUntil: new Date(Date.now() + 60_000) } as const;
    await expect(dropping("x-amz-object-lock-mode").putObject("d/lock", BODY, { objectLock })).rejects.toMatchObject({ code: "HF206", detail: expect.stringContaining("no lock") });
    expect(await s3.client({}, { bucket: "locked" }).putObject("d/lock-kept", BODY, { objectLock })).toMatchObject({ verified: true });
  });

  test("putObject() fails with HF206 when the storage class is not there", async () => {
    await expect(dropping("x-amz-storage-class").putObject("d/class", BODY, { storageClass: "GLACIER_IR" })).rejects.toMatchObject({ code: "HF206", detail: expect.stringContaining("GLACIER_IR (stored as STANDARD)") });
  });

  test("putObject() does not call stored what the server refuses to show for another reason than the key", async () => {
    s3.server.faults.add({ kind: "status", method: "HEAD", status: 400, code: "InvalidRequest", times: 0 });
    await expect(s3.client({ retries: 1 }).putObject("d/refused", BODY)).rejects.toMatchObject({ code: "HF206" });
  });

  test("putObject() says with HF203 that an object was there for the write and is gone for the look", async () => {
    s3.server.faults.add({ kind: "status", method: "PUT", status: 412, code: "PreconditionFailed", times: 0 });
    await expect(s3.client({ retries: 1 }).putObject("d/flickering", BODY)).rejects.toMatchObject({ code: "HF203", message: expect.stringContaining("existed for a moment") });
    s3.server.faults.add({ kind: "status", method: "HEAD", status: 403, code: "AccessDenied", times: 0 });
    await expect(s3.client({ retries: 1 }).putObject("d/hidden", BODY)).rejects.toMatchObject({ code: "HF202" });
  });

  test("putObject() says so when the key may only write", async () => {
    s3.server.faults.add({ kind: "status", method: "HEAD", status: 403, code: "AccessDenied" });
    expect(await s3.client().putObject("d/write-only", BODY)).toMatchObject({ verified: false });
  });

  test("putObject() adds Content-MD5 where the server asks for it, once learned", async () => {
    const md5s: boolean[] = [];
    const client = s3.client({
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        if (init?.method === "PUT") md5s.push(headers.has("content-md5"));
        if (init?.method !== "PUT" || headers.has("content-md5")) return fetch(input, init);
        return Promise.resolve(new Response("<Error><Code>InvalidRequest</Code><Message>Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters</Message></Error>", { status: 400 }));
      },
    });
    await client.putObject("d/md5", BODY);
    await client.putObject("d/md5-again", BODY);
    expect(md5s).toEqual([false, true, true]);
  });

  test("putObject() refuses metadata that a header cannot carry", async () => {
    await expect(s3.client().putObject("d/meta", BODY, { metadata: { name: "ü" } })).rejects.toThrow(TypeError);
  });
});
