import { z } from "zod";
import type { Queryable } from "../database/queryable.ts";
import { ALERT_GUIDE } from "./alert_guide.ts";

const alertRow = z.object({
  alert_id: z.number(),
  cause: z.string(),
  severity: z.enum(["warning", "critical"]),
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
  occurrences: z.number(),
  raised_at: z.string(),
  last_seen: z.string(),
  resolved_at: z.string().nullable(),
});

const deliveryRow = z.object({
  delivery_id: z.number(),
  event_id: z.string(),
  event: z.string(),
  cause: z.string(),
  channel: z.string().nullable(),
  state: z.enum(["pending", "sent", "failed", "skipped"]),
  attempts: z.number(),
  status_code: z.number().nullable(),
  error: z.string().nullable(),
  queued_at: z.string(),
  not_before: z.string(),
  finished_at: z.string().nullable(),
});

/** An alert as `holdfast alerts` shows it. */
export type ListedAlert = z.infer<typeof alertRow> & { readonly what_to_do: string | null };
/** A line of the log of deliveries. */
export type ListedDelivery = z.infer<typeof deliveryRow>;

const ALERTS = `
  select coalesce(jsonb_agg(to_jsonb(l) order by l.resolved_at is not null, l.severity, l.raised_at desc), '[]') as list from (
    select a.alert_id, a.cause, a.severity, a.message, a.details, a.occurrences, a.raised_at, a.last_seen, a.resolved_at
    from backup.alerts a where $1 or a.resolved_at is null order by a.resolved_at desc nulls first, a.alert_id desc limit $2) l`;
const DELIVERIES = `
  select coalesce(jsonb_agg(to_jsonb(l) order by l.queued_at desc, l.delivery_id desc), '[]') as list from (
    select d.delivery_id, d.event_id, d.event, d.cause, d.channel, d.state, d.attempts, d.status_code, d.error, d.queued_at, d.not_before, d.finished_at
    from backup.alert_deliveries d order by d.queued_at desc, d.delivery_id desc limit $1) l`;

/** Open alerts, critical ones first; with `all` also the newest resolved ones after them. */
export async function listAlerts(database: Queryable, options: { all: boolean; limit: number }): Promise<ListedAlert[]> {
  const { rows } = await database.query(ALERTS, [options.all, options.limit]);
  return z.array(alertRow).parse((rows[0] as { list: unknown }).list).map((alert) => ({ ...alert, what_to_do: ALERT_GUIDE[alert.cause] ?? null }));
}

/** What was told, where, and whether it arrived; newest first. */
export async function listDeliveries(database: Queryable, limit: number): Promise<ListedDelivery[]> {
  const { rows } = await database.query(DELIVERIES, [limit]);
  return z.array(deliveryRow).parse((rows[0] as { list: unknown }).list);
}
