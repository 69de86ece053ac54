import { createHmac, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signWebhook } from "../../../../functions/_shared/alerts/sign_webhook.ts";

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
});
