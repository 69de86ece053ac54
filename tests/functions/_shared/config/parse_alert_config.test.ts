import { describe, expect, it } from "vitest";
import { CHANNEL_NAMES, parseAlertConfig } from "../../../../functions/_shared/config/parse_alert_config.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const FULL = {
  HOLDFAST_ALERT_WEBHOOK_URL: "https://hooks.example.com/h1dden", HOLDFAST_ALERT_WEBHOOK_SECRET: SECRET,
  HOLDFAST_ALERT_SLACK_URL: "https://hooks.slack.com/services/h1dden",
  HOLDFAST_ALERT_DISCORD_URL: "https://discord.com/api/webhooks/h1dden",
  HOLDFAST_ALERT_EMAIL_API_KEY: "re_h1dden", HOLDFAST_ALERT_EMAIL_FROM: "Backups <backups@example.com>", HOLDFAST_ALERT_EMAIL_TO: "a@example.com, b@example.com",
  HOLDFAST_HEARTBEAT_EXPORT_URL: "https://hc-ping.com/h1dden-1", HOLDFAST_HEARTBEAT_VERIFY_URL: "https://hc-ping.com/h1dden-2",
};

/** The problem of the one channel that these variables are about. */
function problemOf(env: Record<string, string>): HoldfastError {
  const [channel, ...more] = parseAlertConfig(env);
  if (channel !== undefined && "problem" in channel && more.length === 0) return channel.problem;
  return expect.unreachable("there is no problem");
}

describe("parseAlertConfig()", () => {
  it("parseAlertConfig() finds no channel where nothing is set", () => {
    expect(parseAlertConfig({})).toEqual([]);
    expect(parseAlertConfig({ HOLDFAST_ALERT_SLACK_URL: "", HOLDFAST_ALERT_EMAIL_TO: " ", OTHER: "x" })).toEqual([]);
  });

  it("parseAlertConfig() reads every channel", () => {
    expect(parseAlertConfig(FULL)).toEqual([
      { channel: "webhook", url: FULL.HOLDFAST_ALERT_WEBHOOK_URL, secret: new Uint8Array(32).fill(7) },
      { channel: "slack", url: FULL.HOLDFAST_ALERT_SLACK_URL },
      { channel: "discord", url: FULL.HOLDFAST_ALERT_DISCORD_URL },
      { channel: "email", url: "https://api.resend.com/emails", apiKey: "re_h1dden", from: "Backups <backups@example.com>", to: ["a@example.com", "b@example.com"] },
      { channel: "heartbeat_export", url: FULL.HOLDFAST_HEARTBEAT_EXPORT_URL },
      { channel: "heartbeat_verify", url: FULL.HOLDFAST_HEARTBEAT_VERIFY_URL },
    ]);
    expect(parseAlertConfig(FULL).map(({ channel }) => channel)).toEqual(CHANNEL_NAMES);
  });

  it("parseAlertConfig() takes another mail API, and http on this machine", () => {
    const local = ["http://localhost:8000/x", "http://127.0.0.1:1/", "http://[::1]:5/y"];
    for (const url of local) expect(parseAlertConfig({ HOLDFAST_ALERT_SLACK_URL: url })).toEqual([{ channel: "slack", url }]);
    expect(parseAlertConfig({ ...FULL, HOLDFAST_ALERT_EMAIL_API_URL: "https://mail.example.com/send" })[3]).toMatchObject({ url: "https://mail.example.com/send" });
  });

  it("parseAlertConfig() keeps the channels that are right when one is wrong", () => {
    const channels = parseAlertConfig({ ...FULL, HOLDFAST_ALERT_DISCORD_URL: "nonsense" });
    expect(channels.map((one) => ("problem" in one ? `${one.channel}!` : one.channel))).toEqual(["webhook", "slack", "discord!", "email", "heartbeat_export", "heartbeat_verify"]);
  });

  it.each([
    [{ HOLDFAST_ALERT_WEBHOOK_URL: FULL.HOLDFAST_ALERT_WEBHOOK_URL }, "HOLDFAST_ALERT_WEBHOOK_SECRET is not set"],
    [{ HOLDFAST_ALERT_WEBHOOK_SECRET: SECRET }, "HOLDFAST_ALERT_WEBHOOK_URL is not set"],
    [{ HOLDFAST_ALERT_EMAIL_API_URL: "https://mail.example.com" }, "HOLDFAST_ALERT_EMAIL_API_KEY, HOLDFAST_ALERT_EMAIL_FROM, HOLDFAST_ALERT_EMAIL_TO are not set"],
  ])("parseAlertConfig() names what is missing: HF102 (%#)", (env, message) => {
    expect(problemOf(env)).toMatchObject({ code: "HF102", message });
  });

  it.each([
    ["HOLDFAST_ALERT_SLACK_URL", "hooks.slack.com/h1dden"],
    ["HOLDFAST_ALERT_SLACK_URL", "http://hooks.slack.com/h1dden"],
    ["HOLDFAST_ALERT_SLACK_URL", "http://localhost.evil.example/h1dden"],
    ["HOLDFAST_ALERT_SLACK_URL", "http://127.0.0.1.evil.example/h1dden"],
    ["HOLDFAST_ALERT_SLACK_URL", "ftp://127.0.0.1/h1dden"],
    ["HOLDFAST_ALERT_DISCORD_URL", "https://user:h1dden@example.com/"],
    ["HOLDFAST_HEARTBEAT_EXPORT_URL", "h1dden"],
    ["HOLDFAST_HEARTBEAT_VERIFY_URL", "file:///h1dden"],
    ["HOLDFAST_ALERT_WEBHOOK_URL", "javascript:h1dden"],
    ["HOLDFAST_ALERT_WEBHOOK_SECRET", "h1dden"],
    ["HOLDFAST_ALERT_WEBHOOK_SECRET", `whsec_${Buffer.from("h1dden, but too short").toString("base64")}`],
    ["HOLDFAST_ALERT_WEBHOOK_SECRET", `whsec_${Buffer.alloc(65, "h1dden").toString("base64")}`],
    ["HOLDFAST_ALERT_WEBHOOK_SECRET", "whsec_h1dden!h1dden!h1dden!h1dden!h1dden"],
    ["HOLDFAST_ALERT_EMAIL_API_URL", "http://mail.example.com/h1dden"],
    ["HOLDFAST_ALERT_EMAIL_API_KEY", "re_h1dden\nx: y"],
    ["HOLDFAST_ALERT_EMAIL_FROM", "h1dden"],
    ["HOLDFAST_ALERT_EMAIL_FROM", "x\nBcc: h1dden@example.com <a@example.com>"],
    ["HOLDFAST_ALERT_EMAIL_TO", "a@example.com, h1dden"],
    ["HOLDFAST_ALERT_EMAIL_TO", ","],
  ])("parseAlertConfig() refuses %s = %j and shows no value: HF102", (name, value) => {
    const prefix = name.replace(/_(?:URL|SECRET|API_URL|API_KEY|FROM|TO)$/, "");
    const env = Object.fromEntries(Object.entries(FULL).filter(([key]) => key.startsWith(prefix)));
    const error = problemOf({ ...env, [name]: value });
    expect(error.code).toBe("HF102");
    expect(error.message).toMatch(new RegExp(`^${name} must `));
    expect(`${error.message} ${error.detail} ${error.hint}`).not.toMatch(/h1dden|BwcH/);
  });
});
