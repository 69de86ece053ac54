import { z } from "zod";

/** What backup.queue_alerts() keeps of an alert. */
export const alertContent = z.object({
  project: z.string(),
  cause: z.string(),
  severity: z.enum(["warning", "critical"]),
  message: z.string(),
  occurrences: z.number(),
  first_seen: z.string(),
  last_seen: z.string(),
  resolved_at: z.string().nullable(),
  opened_last_day: z.number(),
});

export type AlertContent = z.infer<typeof alertContent>;

/** Something to be told. Its id is the same on every channel and at every attempt. */
export type DeliveryEvent =
  | { readonly kind: "alert"; readonly event: "raised" | "escalated" | "reminder" | "resolved"; readonly id: string; readonly at: Date; readonly content: AlertContent }
  | { readonly kind: "heartbeat"; readonly id: string; readonly at: Date }
  | { readonly kind: "test"; readonly id: string; readonly at: Date; readonly project: string };

/** One HTTP request. Its URL and headers hold secrets: never print them. */
export interface DeliveryRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  /** The exact bytes that are sent, as a signature covers them. */
  readonly body: Uint8Array<ArrayBuffer> | null;
}
