import { createHmac } from "node:crypto";

/**
 * Headers of a signed message, after the Standard Webhooks specification: HMAC-SHA256 over "id.timestamp.body", in base64.
 * The time is that of the attempt, so that a receiver can refuse what is older than five minutes; the id stays, so that it
 * knows a repetition.
 */
export function signWebhook(secret: Uint8Array, id: string, sentAt: Date, body: Uint8Array): Record<string, string> {
  const timestamp = String(Math.floor(sentAt.getTime() / 1000));
  const signature = createHmac("sha256", secret).update(`${id}.${timestamp}.`).update(body).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}
