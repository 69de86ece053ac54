import { InvalidArgumentError } from "commander";
import { type ListedAlert, type ListedDelivery, listAlerts, listDeliveries } from "../../functions/_shared/alerts/list_alerts.ts";
import { sendRequest } from "../../functions/_shared/alerts/send_request.ts";
import { type TestOutcome, testChannels } from "../../functions/_shared/alerts/test_channels.ts";
import { parseAlertConfig } from "../../functions/_shared/config/parse_alert_config.ts";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { formatCount } from "../../functions/_shared/report/format_quantity.ts";
import type { CommandContext, RegisterCommand } from "../command_context.ts";
import { describeHelp } from "../describe_help.ts";
import { formatColumns } from "../format_columns.ts";

interface AlertsFlags {
  all: boolean;
  limit: number;
}

export const registerAlerts: RegisterCommand = (program, run) => {
  const command = program
    .command("alerts")
    .description("what needs a person, and whether somebody was told")
    .option("--all", "resolved ones too", false)
    .option("--limit <n>", "how many", parseLimit, 50);
  describeHelp(command, "holdfast alerts --all --json");
  command.action(async (flags: AlertsFlags) =>
    run(command, async (context) => {
      const alerts = await context.withDatabase((client) => listAlerts(client, flags));
      if (context.options.json) context.printJson(alerts);
      else printAlerts(context, alerts, flags.all);
      return 0;
    }),
  );

  const deliveries = command
    .command("deliveries")
    .description("what was told on which channel, newest first, and whether it arrived")
    .option("--limit <n>", "how many", parseLimit, 50);
  describeHelp(deliveries, "holdfast alerts deliveries --limit 20");
  deliveries.action(async () =>
    run(deliveries, async (context) => {
      // The command above has the option too, and is the one that reads it.
      const { limit } = deliveries.optsWithGlobals<AlertsFlags>();
      const list = await context.withDatabase((client) => listDeliveries(client, limit));
      if (context.options.json) context.printJson(list);
      else if (list.length === 0) context.note("Nothing has been told yet.");
      else context.print(formatColumns([["QUEUED", "EVENT", "CAUSE", "CHANNEL", "STATE", "ATTEMPTS", "LAST ANSWER"], ...list.map(deliveryColumns)]));
      return 0;
    }),
  );

  const test = command
    .command("test")
    .description("send a test message from here to the channels of this environment, and ping the heartbeats");
  describeHelp(test, "HOLDFAST_ALERT_SLACK_URL=https://hooks.slack.com/… holdfast alerts test", "0 all arrived, 1 bug, 2 usage or no channel configured, 10 one did not arrive");
  test.action(async () =>
    run(test, async (context) => {
      const channels = parseAlertConfig(context.env);
      if (channels.length === 0) {
        throw new HoldfastError("HF102", "No channel for alerts is configured", {
          hint: "Set HOLDFAST_ALERT_WEBHOOK_URL, HOLDFAST_ALERT_SLACK_URL, HOLDFAST_ALERT_DISCORD_URL, HOLDFAST_ALERT_EMAIL_API_KEY or HOLDFAST_HEARTBEAT_EXPORT_URL; docs/alerts.md lists what belongs to each.",
        });
      }
      const outcomes = await context.withProgress("Sending a test message", () => testChannels({ channels, project: "the command line", send: (request) => sendRequest(request) }));
      if (context.options.json) context.printJson({ channels: outcomes });
      else context.print(formatColumns(outcomes.map((one) => testColumns(context, one))));
      return outcomes.some(({ outcome }) => outcome === "failed") ? 10 : 0;
    }),
  );
};

const minute = (time: string): string => `${new Date(time).toISOString().slice(0, 16).replace("T", " ")}Z`;

function printAlerts(context: CommandContext, alerts: readonly ListedAlert[], all: boolean): void {
  if (alerts.length === 0) return context.note(all ? "There has been no alert." : "No alert is open.");
  context.print(formatColumns([
    ["SEVERITY", "CAUSE", "SINCE", "SEEN", ...(all ? ["RESOLVED"] : []), "MESSAGE"],
    ...alerts.map((alert) => [
      alert.severity, alert.cause, minute(alert.raised_at), formatCount(alert.occurrences),
      ...(all ? [alert.resolved_at === null ? "open" : minute(alert.resolved_at)] : []), alert.message,
    ]),
  ]));
  for (const { cause, resolved_at, what_to_do } of alerts) {
    if (resolved_at === null && what_to_do !== null) context.note(`${context.palette.bold(cause)}: ${what_to_do}`);
  }
}

function deliveryColumns(one: ListedDelivery): string[] {
  const answer = one.error ?? (one.status_code === null ? "" : `HTTP ${one.status_code}`);
  const next = one.state === "pending" && one.attempts > 0 ? `; next attempt ${minute(one.not_before)}` : "";
  return [minute(one.queued_at), one.event, one.cause, one.channel ?? "-", one.state, String(one.attempts), `${answer}${next}`];
}

function testColumns({ palette }: CommandContext, { channel, outcome, status_code, error }: TestOutcome): string[] {
  const paint = { sent: palette.good, failed: palette.bad, not_configured: palette.unsure }[outcome];
  return [channel, paint(outcome.replace("_", " ")), error ?? (status_code === null ? "" : `HTTP ${status_code}`)];
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) throw new InvalidArgumentError("Give a number from 1 to 10000.");
  return limit;
}
