import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../../cli/run_command.ts";
import { type AlertsWorld, createAlertsWorld } from "../../support/alerts_world.ts";

let world: AlertsWorld;
beforeAll(async () => {
  world = await createAlertsWorld();
  await world.reset();
});
afterAll(() => world.close());

async function run(argv: string[], env: Record<string, string>): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await runCommand(argv, { env, stdout, stderr });
  return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}
const holdfast = (...argv: string[]) => run(argv, { HOLDFAST_DB_URL: world.database.url });

describe("registerAlerts()", () => {
  it("registerAlerts() says that nothing is open, and lists what is with what to do", async () => {
    expect(await holdfast("alerts")).toEqual({ code: 0, stdout: "", stderr: "No alert is open.\n" });
    await world.raise("gone", { severity: "warning" });
    await world.sql("select backup.resolve_alert('gone')");
    await world.raise("missed_run", { message: "no export has succeeded" });
    const { code, stdout, stderr } = await holdfast("alerts");
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^SEVERITY +CAUSE +SINCE +SEEN +MESSAGE\ncritical +missed_run +\d{4}-\d\d-\d\d \d\d:\d\dZ +1 +no export has succeeded\n$/)]);
    expect(stderr).toMatch(/^missed_run: See whether the schedule runs/);
    expect((await holdfast("alerts", "--all")).stdout).toMatch(/missed_run .* open +no export has succeeded\nwarning +gone /);
    const json = JSON.parse((await holdfast("alerts", "--json")).stdout) as unknown;
    expect(json).toMatchObject([{ cause: "missed_run", severity: "critical", occurrences: 1, resolved_at: null, what_to_do: expect.stringContaining("schedule") }]);
  });

  it("registerAlerts() lists deliveries with the last answer and the next attempt", async () => {
    await world.sql("select * from backup.claim_deliveries('{email,slack}')");
    await world.sql("select backup.complete_delivery(delivery_id, claim_id, 204) from backup.alert_deliveries where channel = 'email' and cause = 'missed_run'");
    await world.sql("select backup.fail_delivery(delivery_id, claim_id, 500, 'HTTP 500') from backup.alert_deliveries where channel = 'slack' and cause = 'missed_run'");
    const { code, stdout } = await holdfast("alerts", "deliveries");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^QUEUED +EVENT +CAUSE +CHANNEL +STATE +ATTEMPTS +LAST ANSWER\n/);
    expect(stdout).toMatch(/raised +missed_run +email +sent +1 +HTTP 204\n/);
    expect(stdout).toMatch(/raised +missed_run +slack +pending +1 +HTTP 500; next attempt \d{4}-\d\d-\d\d \d\d:\d\dZ\n/);
    expect(JSON.parse((await holdfast("alerts", "deliveries", "--limit", "1", "--json")).stdout)).toMatchObject([{ cause: "missed_run", event: "raised" }]);
    expect((await holdfast("alerts", "deliveries", "--limit", "0")).code).toBe(2);
  });

  it("registerAlerts() tests the channels of the environment from here, without a database", async () => {
    const { HOLDFAST_ALERT_DISCORD_URL: _, ...env } = world.env;
    const good = await run(["alerts", "test"], env);
    expect([good.code, good.stderr]).toEqual([0, ""]);
    expect(good.stdout).toMatch(/^webhook +sent +HTTP 200\nslack +sent +HTTP 200\ndiscord +not configured\nemail +sent +HTTP 200\nheartbeat_export +sent +HTTP 200\nheartbeat_verify +sent +HTTP 200\n$/);
    world.receiver.answer("/slack-t0ken", { status: 500 });
    const bad = await run(["alerts", "test", "--json"], env);
    expect([bad.code, JSON.parse(bad.stdout)]).toEqual([10, { channels: expect.arrayContaining([{ channel: "slack", outcome: "failed", status_code: 500, error: "HTTP 500" }]) }]);
    expect(good.stdout + bad.stdout).not.toContain("t0ken");
  });

  it("registerAlerts() refuses a test without a channel, and names a variable that is wrong", async () => {
    expect(await run(["alerts", "test"], {})).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/HF102[^]*HOLDFAST_ALERT_SLACK_URL/) });
    const wrong = await run(["alerts", "test"], { HOLDFAST_ALERT_SLACK_URL: "http://t0ken.example" });
    expect(wrong).toMatchObject({ code: 10, stdout: expect.stringMatching(/slack +failed +HOLDFAST_ALERT_SLACK_URL must be an https URL/) });
    expect(wrong.stdout + wrong.stderr).not.toContain("t0ken");
  });
});
