import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Client } from "pg";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../functions/_shared/database/connect.ts";
import { readReport } from "../../functions/_shared/report/page/read_report.ts";
import { renderReportPage } from "../../functions/_shared/report/page/render_report_page.ts";
import { REPO_ROOT } from "../../stack/repo_root.ts";
import { startChromium } from "../support/chromium.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { reportHistory } from "../support/report_history.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SCREENSHOTS = join(REPO_ROOT, ".holdfast", "screenshots");

const FRESH = `update backup.runs set requested_at = now() - interval '3 hours', snapshot_at = now() - interval '3 hours', finished_at = now() - interval '178 minutes' where run_id like '20260108%'`;
const PROVEN = `insert into backup.drills (run_id, trigger, state, verdict, started_at, finished_at, phase_seconds, raw_bytes, manifest_sha256)
  values ('20260108T010000Z-000003', 'schedule', 'complete', 'passed', now() - interval '1 hour', now() - interval '50 minutes', '{"data": 400, "prove": 100}', 20000, repeat('b', 64))`;
const CHECKED = `insert into backup.verifications (verification_id, run_id, trigger, verdict, started_at, finished_at) values ('00000000-0000-4000-8000-000000000003', '20260108T010000Z-000003', 'schedule', 'passed', now() - interval '9 minutes', now() - interval '8 minutes');
  insert into backup.verification_checks (verification_id, check_name, state) values ('00000000-0000-4000-8000-000000000003', 'check_row_counts', 'done');
  insert into backup.verification_results (verification_id, check_name, subject, verdict, expected, actual, evidence) values ('00000000-0000-4000-8000-000000000003', 'check_row_counts', 'public.pets', 'passed', '100 rows', '100 rows', '{"rows": 100}')`;
const QUIET = "select backup.resolve_alert('export_failed')";
const ENABLED = "update backup.policies set enabled = true where name = 'secondary_daily'";

/** What the ledger holds, and the words the page begins with. */
const STATES: [string, string[], string][] = [
  ["never_ran", [], "No backup yet"],
  ["healthy", [reportHistory, FRESH, PROVEN, CHECKED, QUIET, "update backup.objectives set target = '1 day' where name = 'rpo'"], "Healthy"],
  ["over an objective", [reportHistory, FRESH, PROVEN, CHECKED, QUIET], "Objective missed"],
  ["stale", [reportHistory, CHECKED, QUIET, ENABLED], "Stale"],
  ["failing", [reportHistory, FRESH], "Failing"],
  ["alerting", [reportHistory, FRESH, PROVEN, CHECKED], "Needs attention"],
];

describe("renderReportPage() in a browser", () => {
  let browser: Browser;
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    [browser, database] = await Promise.all([startChromium(), createTestDatabase({ migrated: true })]);
    client = await connect(database.url, { applicationName: "test" });
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await client.end();
    await database.drop();
  });

  /** Opens the page and fails on whatever a reader would not see: messages of the console and requests. */
  async function open(html: string): Promise<{ page: Page; noise: string[] }> {
    const page = await browser.newPage();
    const noise: string[] = [];
    page.on("console", (message) => noise.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => noise.push(`error: ${String(error)}`));
    page.on("request", (request) => noise.push(`request: ${request.url()}`));
    await page.setContent(html, { waitUntil: "load" });
    return { page, noise };
  }

  it.each(STATES)("renderReportPage() shows a project that is %s: readable, accessible, alone, and equal to the ledger", async (state, statements, title) => {
    await client.query("begin");
    try {
      for (const statement of statements) await client.query(statement);
      const data = await readReport(client);
      const { page, noise } = await open(renderReportPage(data));
      expect(await page.$eval("h2", (heading) => heading.textContent)).toBe(title);

      // Policies of content stop scripts of the page, not those of the debugger.
      await page.evaluate(AXE);
      for (const [scheme, width] of [["light", 1280], ["dark", 1280], ["light", 375], ["dark", 375]] as const) {
        await page.setViewport({ width, height: 900 });
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        const violations = await page.evaluate(async () => {
          const found = await (globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run();
          return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
        });
        expect(violations, `${state}, ${scheme}, ${width}`).toEqual([]);
        // Nothing makes a phone scroll sideways but the tables, each by itself.
        expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${state} at ${width}`).toBe(0);
        await page.screenshot({ path: join(SCREENSHOTS, `report_${state.replaceAll(" ", "_")}_${scheme}_${width}.png`), fullPage: true });
      }
      await page.emulateMediaType("print");
      await page.screenshot({ path: join(SCREENSHOTS, `report_${state.replaceAll(" ", "_")}_print.png`), fullPage: true });
      expect(noise).toEqual([]);

      const facts = await page.$$eval("[data-fact]", (all) => all.map((one) => [one.getAttribute("data-fact") ?? "", one.getAttribute("value") ?? one.getAttribute("datetime") ?? ""] as const));
      expect(facts.length).toBeGreaterThan(1);
      for (const [fact, value] of facts) expect([fact, await ask(fact)], `${state}: ${fact}`).toEqual([fact, value]);
      await page.close();
    } finally {
      await client.query("rollback");
    }
  }, 120_000);

  const NEWEST = "(select p.* from backup.restore_points p order by p.snapshot_at desc limit 1)";
  const seconds = (value: string) => `trim_scale(extract(epoch from ${value}))::text`;
  const moment = (value: string) => `to_char(${value} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

  /** What the ledger says about a fact of the page, asked for in words of its own. */
  async function ask(fact: string): Promise<string | undefined> {
    const [subject = "", ...rest] = fact.split(".");
    const last = rest.at(-1) ?? "";
    const name = rest.slice(0, -1).join(".");
    const table = `(select t.* from backup.run_tables t where t.run_id = (select n.run_id from ${NEWEST} n) and format('%I.%I', t.schema_name, t.table_name) = $1)`;
    const [sql, values]: [string, unknown[]] = (() => {
      if (fact === "now") return [`select ${moment("now()")}`, []];
      if (fact === "alerts") return ["select count(*)::text from backup.alerts where resolved_at is null", []];
      if (fact === "tables") return [`select count(*)::text from backup.run_tables where run_id = (select n.run_id from ${NEWEST} n)`, []];
      if (fact === "warnings") return [`select n.warnings::text from ${NEWEST} n`, []];
      if (subject === "alert") return [`select ${last === "occurrences" ? "a.occurrences::text" : moment(`a.${last}`)} from backup.alerts a where a.cause = $1 and a.resolved_at is null`, [name]];
      if (subject === "rto" || subject === "rpo") return [`select ${seconds(`o.${last}`)} from backup.recovery_objectives o where o.name = $1`, [subject]];
      if (subject === "newest" && last === "age") return [`select ${seconds("n.age")} from ${NEWEST} n`, []];
      if (subject === "newest") return [`select ${last === "snapshot_at" ? moment("n.snapshot_at") : `n.${last}::text`} from ${NEWEST} n`, []];
      const drill = "(select d.* from backup.drills d where d.verdict <> 'skipped' order by d.started_at desc limit 1)";
      if (fact === "drill.seconds") return [`select ${seconds("d.finished_at - d.started_at")} from ${drill} d`, []];
      if (fact === "drill.started_at") return [`select ${moment("d.started_at")} from ${drill} d`, []];
      if (subject === "drill") return [`select d.phase_seconds ->> $1 from ${drill} d`, [last]];
      const verification = "(select v.* from backup.verifications v where v.verdict is not null order by v.started_at desc limit 1)";
      if (subject === "verification") return [`select ${moment(`v.${last}`)} from ${verification} v`, []];
      if (subject === "check") return [`select count(*)::text from backup.verification_results r join ${verification} v using (verification_id) where r.check_name = $1`, [name]];
      if (subject === "table" && last === "rows") return [`select t.rows::text from ${table} t`, [name]];
      if (subject === "table" && last === "bytes") return [`select t.total_bytes::text from ${table} t`, [name]];
      if (subject === "table" && last === "delta") return [`select (t.rows - lag(t.rows) over (order by r.snapshot_at))::text from backup.run_tables t join backup.runs r using (run_id) where format('%I.%I', t.schema_name, t.table_name) = $1 order by r.snapshot_at desc limit 1`, [name]];
      throw new Error(`Nothing is known of the fact ${fact}`);
    })();
    const { rows } = await client.query({ text: sql, values, rowMode: "array" });
    return (rows[0] as string[] | undefined)?.[0];
  }
});
