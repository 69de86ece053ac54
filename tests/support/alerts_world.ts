import type pg from "pg";
import type { ConfiguredChannel } from "../../functions/_shared/config/parse_alert_config.ts";
import { parseAlertConfig } from "../../functions/_shared/config/parse_alert_config.ts";
import { connect } from "../../functions/_shared/database/connect.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

export const WEBHOOK_KEY = Buffer.alloc(32, "webhook key");

/** A ledger, and a server that stands for every receiver of alerts: one path for each channel. */
export interface AlertsWorld {
  database: TestDatabase;
  client: pg.Client;
  receiver: Receiver;
  env: Record<string, string>;
  channels: ConfiguredChannel[];
  sql<Row extends pg.QueryResultRow = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Raises an alert and queues what has to be told. */
  raise(cause: string, options?: { severity?: "warning" | "critical"; message?: string }): Promise<void>;
  /** Makes every pending delivery due and frees it of its lease. */
  makeDue(): Promise<void>;
  /** Channel, event, state, attempts, status and error of every delivery, in order. */
  log(): Promise<(string | number | null)[][]>;
  /** An empty ledger and an empty record. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** The variables that lead every channel to a receiver on this machine. */
export function alertEnv(url: string): Record<string, string> {
  return {
    HOLDFAST_ALERT_WEBHOOK_URL: `${url}/webhook`, HOLDFAST_ALERT_WEBHOOK_SECRET: `whsec_${WEBHOOK_KEY.toString("base64")}`,
    HOLDFAST_ALERT_SLACK_URL: `${url}/slack-t0ken`, HOLDFAST_ALERT_DISCORD_URL: `${url}/discord-t0ken`,
    HOLDFAST_ALERT_EMAIL_API_URL: `${url}/email`, HOLDFAST_ALERT_EMAIL_API_KEY: "re_t0ken", HOLDFAST_ALERT_EMAIL_FROM: "backups@example.com", HOLDFAST_ALERT_EMAIL_TO: "dba@example.com",
    HOLDFAST_HEARTBEAT_EXPORT_URL: `${url}/ping-export-t0ken`, HOLDFAST_HEARTBEAT_VERIFY_URL: `${url}/ping-verify-t0ken`,
  };
}

export async function createAlertsWorld(): Promise<AlertsWorld> {
  const [database, receiver] = await Promise.all([createTestDatabase({ migrated: true }), startReceiver()]);
  const client = await connect(database.url, { applicationName: "holdfast test" });
  const sql: AlertsWorld["sql"] = async (text, values) => {
    const result: unknown = await client.query(text, values);
    const last = (Array.isArray(result) ? result.at(-1) : result) as { rows: never[] };
    return last.rows;
  };
  const env = alertEnv(receiver.url);
  return {
    database, client, receiver, env, channels: parseAlertConfig(env), sql,
    raise: async (cause, { severity = "critical", message = "m" } = {}) => {
      await sql("select backup.raise_alert($1, $2, $3)", [cause, severity, message]);
      await sql("select backup.queue_alerts()");
    },
    makeDue: async () => void (await sql("update backup.alert_deliveries set not_before = now() - interval '1 second', claim_id = null, lease_until = null where state = 'pending'")),
    log: async () => (await sql("select channel, event, state, attempts, status_code, error from backup.alert_deliveries order by queued_at, channel"))
      .map((row) => Object.values(row) as (string | number | null)[]),
    reset: async () => {
      receiver.reset();
      await sql("delete from backup.alerts; delete from backup.alert_deliveries; delete from backup.tickets; update backup.settings set functions_url = null, project_ref = 'clinic', alert_max_attempts = default");
    },
    close: async () => {
      await client.end();
      await receiver.stop();
      await database.drop();
    },
  };
}
