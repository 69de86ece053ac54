import { z } from "zod";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { Env } from "./env.ts";

/** Where alerts go. Every URL and key here is a secret: never print it. */
export type AlertSettings =
  | { readonly channel: "webhook"; readonly url: string; readonly secret: Uint8Array }
  | { readonly channel: "slack" | "discord" | "heartbeat_export" | "heartbeat_verify"; readonly url: string }
  | { readonly channel: "email"; readonly url: string; readonly apiKey: string; readonly from: string; readonly to: readonly string[] };

export type ChannelName = AlertSettings["channel"];

/** A channel that is set up, or one that somebody tried to set up: it is told of as failing instead of being left out. */
export type ConfiguredChannel = AlertSettings | { readonly channel: ChannelName; readonly problem: HoldfastError };

const RESEND_URL = "https://api.resend.com/emails";
const LOOPBACK = /^(?:localhost|(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

function isDestination(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  return username === "" && password === "" && (protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname)));
}

/** 24 to 64 bytes, as the Standard Webhooks specification asks: shorter can be guessed. */
function secretBytes(text: string): Uint8Array | undefined {
  const [, base64 = ""] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  if (base64 === "" || base64.length % 4 !== 0) return undefined;
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return bytes.length >= 24 && bytes.length <= 64 ? bytes : undefined;
}

const ADDRESS = String.raw`[^\s@<>",;]+@[^\s@<>",;]+`;
const oneAddress = new RegExp(`^${ADDRESS}$`);
const sender = new RegExp(`^(?:${ADDRESS}|[^<>\\r\\n]+ <${ADDRESS}>)$`);
const addresses = (text: string): string[] => text.split(",").map((one) => one.trim()).filter((one) => one !== "");

const destination = z.string().refine(isDestination, "must be an https URL without a user or password (http to this machine only)");
const secret = z.string().refine((text) => secretBytes(text) !== undefined, 'must be "whsec_" and 24 to 64 random bytes in base64, as of: echo whsec_$(openssl rand -base64 32)');

const webhook = z.object({ HOLDFAST_ALERT_WEBHOOK_URL: destination, HOLDFAST_ALERT_WEBHOOK_SECRET: secret })
  .transform((env): AlertSettings => ({ channel: "webhook", url: env.HOLDFAST_ALERT_WEBHOOK_URL, secret: secretBytes(env.HOLDFAST_ALERT_WEBHOOK_SECRET) ?? new Uint8Array() }));
const slack = z.object({ HOLDFAST_ALERT_SLACK_URL: destination }).transform((env): AlertSettings => ({ channel: "slack", url: env.HOLDFAST_ALERT_SLACK_URL }));
const discord = z.object({ HOLDFAST_ALERT_DISCORD_URL: destination }).transform((env): AlertSettings => ({ channel: "discord", url: env.HOLDFAST_ALERT_DISCORD_URL }));
const email = z
  .object({
    HOLDFAST_ALERT_EMAIL_API_URL: destination.default(RESEND_URL),
    HOLDFAST_ALERT_EMAIL_API_KEY: z.string().regex(/^[\x21-\x7e]+$/, "must not contain spaces or other than ASCII characters"),
    HOLDFAST_ALERT_EMAIL_FROM: z.string().regex(sender, "must be an address, as backups@example.com or Backups <backups@example.com>"),
    HOLDFAST_ALERT_EMAIL_TO: z.string().refine((text) => addresses(text).length > 0 && addresses(text).every((one) => oneAddress.test(one)), "must be addresses with commas between them"),
  })
  .transform((env): AlertSettings => ({
    channel: "email", url: env.HOLDFAST_ALERT_EMAIL_API_URL, apiKey: env.HOLDFAST_ALERT_EMAIL_API_KEY,
    from: env.HOLDFAST_ALERT_EMAIL_FROM, to: addresses(env.HOLDFAST_ALERT_EMAIL_TO),
  }));
const heartbeatExport = z.object({ HOLDFAST_HEARTBEAT_EXPORT_URL: destination })
  .transform((env): AlertSettings => ({ channel: "heartbeat_export", url: env.HOLDFAST_HEARTBEAT_EXPORT_URL }));
const heartbeatVerify = z.object({ HOLDFAST_HEARTBEAT_VERIFY_URL: destination })
  .transform((env): AlertSettings => ({ channel: "heartbeat_verify", url: env.HOLDFAST_HEARTBEAT_VERIFY_URL }));

/** Each channel with its variables; those in the second list can be left out. */
const CHANNELS: readonly { channel: ChannelName; schema: z.ZodType<AlertSettings>; required: readonly string[]; optional?: readonly string[] }[] = [
  { channel: "webhook", schema: webhook, required: ["HOLDFAST_ALERT_WEBHOOK_URL", "HOLDFAST_ALERT_WEBHOOK_SECRET"] },
  { channel: "slack", schema: slack, required: ["HOLDFAST_ALERT_SLACK_URL"] },
  { channel: "discord", schema: discord, required: ["HOLDFAST_ALERT_DISCORD_URL"] },
  { channel: "email", schema: email, required: ["HOLDFAST_ALERT_EMAIL_API_KEY", "HOLDFAST_ALERT_EMAIL_FROM", "HOLDFAST_ALERT_EMAIL_TO"], optional: ["HOLDFAST_ALERT_EMAIL_API_URL"] },
  { channel: "heartbeat_export", schema: heartbeatExport, required: ["HOLDFAST_HEARTBEAT_EXPORT_URL"] },
  { channel: "heartbeat_verify", schema: heartbeatVerify, required: ["HOLDFAST_HEARTBEAT_VERIFY_URL"] },
];

export const CHANNEL_NAMES: readonly ChannelName[] = CHANNELS.map(({ channel }) => channel);

/**
 * The channels of which any variable is set; an empty variable counts as not set. One that is wrong does not keep the others
 * from being used, so it is returned with its problem (HF102) instead of being thrown. Messages name variables, never values.
 */
export function parseAlertConfig(env: Env): ConfiguredChannel[] {
  return CHANNELS.flatMap(({ channel, schema, required, optional = [] }): ConfiguredChannel[] => {
    const given: Record<string, string> = {};
    for (const name of [...required, ...optional]) {
      const value = env[name]?.trim();
      if (value !== undefined && value !== "") given[name] = value;
    }
    if (Object.keys(given).length === 0) return [];
    const missing = required.filter((name) => given[name] === undefined);
    if (missing.length > 0) return [{ channel, problem: problem(`${missing.join(", ")} ${missing.length > 1 ? "are" : "is"} not set`, `Set ${missing.join(" and ")}, or remove ${Object.keys(given).join(", ")}.`) }];
    const parsed = schema.safeParse(given);
    if (parsed.success) return [parsed.data];
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("; ");
    return [{ channel, problem: problem(wrong, "Correct the variable; its value is not shown because it is a secret.") }];
  });
}

function problem(message: string, hint: string): HoldfastError {
  return new HoldfastError("HF102", message, { hint });
}
