import { createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signWebhook } from "../../../../functions/_shared/alerts/sign_webhook.ts";
import { REPO_ROOT } from "../../../../stack/repo_root.ts";

describe("signWebhook()", () => {
  it("signWebhook() signs id, time and body as the Standard Webhooks specification says", () => {
    // The example of the specification's reference libraries.
    const secret = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64");
    const body = new TextEncoder().encode('{"test": 2432232314}');
    expect(signWebhook(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", new Date(1_614_265_330_999), body)).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330", "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("signWebhook() covers the exact bytes, the time and the id", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 4e12 }), (bytes, time) => {
      const secret = randomBytes(32);
      const headers = signWebhook(secret, "id", new Date(time), bytes);
      const signed = Buffer.concat([Buffer.from(`id.${headers["webhook-timestamp"]}.`), bytes]);
      expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", secret).update(signed).digest("base64")}`);
    }));
  });

  it("signWebhook() is verified by the code of docs/alerts.md, which refuses what was changed, replayed or signed by others", async () => {
    const [, code = ""] = /```js\n([^]+?)```/.exec(readFileSync(join(REPO_ROOT, "docs/alerts.md"), "utf8")) ?? [];
    const { verify } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { verify(headers: Record<string, string>, body: Uint8Array, secret: string): boolean };
    const key = randomBytes(32);
    const [secret, body] = [`whsec_${key.toString("base64")}`, Buffer.from('{"type":"test"}')];
    const headers = signWebhook(key, "id", new Date(), body);
    expect(verify(headers, body, secret)).toBe(true);
    expect(verify({ ...headers, "webhook-signature": `v1,AAAA ${headers["webhook-signature"]}` }, body, secret)).toBe(true);
    expect(verify(headers, Buffer.from('{"type":"text"}'), secret)).toBe(false);
    expect(verify({ ...headers, "webhook-id": "other" }, body, secret)).toBe(false);
    expect(verify(headers, body, `whsec_${randomBytes(32).toString("base64")}`)).toBe(false);
    expect(verify(signWebhook(key, "id", new Date(Date.now() - 301_000), body), body, secret)).toBe(false);
    expect(verify({}, body, secret)).toBe(false);
  });
});
