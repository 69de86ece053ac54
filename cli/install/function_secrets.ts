/** Secrets the functions cannot work without. The region has a default, which is wrong for most buckets. */
export const REQUIRED_SECRETS = ["HOLDFAST_S3_BUCKET", "HOLDFAST_S3_REGION", "HOLDFAST_S3_ACCESS_KEY_ID", "HOLDFAST_S3_SECRET_ACCESS_KEY"] as const;

/** Secrets for those who need them, and what for. */
export const OPTIONAL_SECRETS: Readonly<Record<string, string>> = {
  HOLDFAST_S3_ENDPOINT: "storage that is not AWS",
  HOLDFAST_S3_PREFIX: "folder in the bucket, by default holdfast",
  HOLDFAST_S3_PATH_STYLE: "true or false, where the storage wants another than the endpoint suggests",
  HOLDFAST_S3_SESSION_TOKEN: "temporary keys",
  HOLDFAST_S3_ALLOW_HTTP: "true: an endpoint without TLS, on a network you trust",
  HOLDFAST_AGE_RECIPIENTS: "public keys of age-keygen to encrypt to",
  HOLDFAST_DRILL_AGE_IDENTITY: "lets scheduled drills restore encrypted backups; read docs/limits.md first",
  HOLDFAST_ALERT_WEBHOOK_URL: "where alerts are posted, signed",
  HOLDFAST_ALERT_WEBHOOK_SECRET: "what they are signed with",
  HOLDFAST_ALERT_SLACK_URL: "incoming webhook of Slack",
  HOLDFAST_ALERT_DISCORD_URL: "webhook of Discord",
  HOLDFAST_ALERT_EMAIL_API_URL: "e-mail by an HTTP API such as Resend's; with the three below",
  HOLDFAST_ALERT_EMAIL_API_KEY: "its key",
  HOLDFAST_ALERT_EMAIL_FROM: "sender",
  HOLDFAST_ALERT_EMAIL_TO: "who is told",
  HOLDFAST_HEARTBEAT_EXPORT_URL: "pinged when a scheduled export succeeds, so that silence alarms",
  HOLDFAST_HEARTBEAT_VERIFY_URL: "the same for verifications",
  HOLDFAST_ACCESS_TOKEN: "access token of Supabase, to check the platform's own backups",
  HOLDFAST_DB_URL: "another way to the database than SUPABASE_DB_URL",
  HOLDFAST_DB_CA: "PEM of the authority of that database",
};
