import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { METRIC_FAMILIES } from "../../functions/_shared/metrics/metric_families.ts";
import { REPO_ROOT } from "../../stack/repo_root.ts";

const read = (path: string): string => readFileSync(join(REPO_ROOT, path), "utf8");
const FAMILIES = new Map(METRIC_FAMILIES.map((one) => [one.name, one]));
/** Labels that a scrape adds to everything. */
const TARGET_LABELS = ["job", "instance"];

/** What an expression asks for that there is not: metrics, and labels of metrics. */
function checkExpression(expression: string): string[] {
  const selectors = [...expression.matchAll(/\b(holdfast_[a-z0-9_]+)(?:\{([^}]*)\})?/g)];
  const problems = selectors.flatMap(([, name = "", matchers = ""]) => {
    const family = FAMILIES.get(name);
    if (family === undefined) return [`${name} is no metric`];
    return [...matchers.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].flatMap(([, label = ""]) =>
      family.labels.includes(label) || TARGET_LABELS.includes(label) ? [] : [`${name} has no label ${label}`]);
  });
  return selectors.length === 0 && !/\bup\{/.test(expression) ? [`asks for no metric: ${expression}`] : problems;
}

interface Rule {
  alert: string;
  expr: string;
  body: string;
}

/** The rules of a file in the form ours has; promtool reads the rest of YAML. */
function readRules(text: string): Rule[] {
  return text.split(/^ {6}- alert: /m).slice(1).map((body) => ({ alert: /^\S+/.exec(body)?.[0] ?? "", expr: /^ {8}expr: (.+)$/m.exec(body)?.[1] ?? "", body }));
}

const datasource = z.object({ type: z.literal("prometheus"), uid: z.literal("${datasource}") });
const position = z.object({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1).max(24), h: z.int().min(1) });
const panel = z.object({
  id: z.int(), type: z.enum(["stat", "timeseries", "table", "bargauge"]), title: z.string().min(1), description: z.string().min(1), datasource, gridPos: position,
  targets: z.array(z.object({ refId: z.string().regex(/^[A-Z]$/), expr: z.string().min(1), datasource })).min(1),
  fieldConfig: z.object({ defaults: z.object({}).loose(), overrides: z.array(z.unknown()) }), options: z.object({}).loose(),
});
const rowPanel = z.object({ id: z.int(), type: z.literal("row"), title: z.string().min(1), gridPos: position, panels: z.tuple([]) });
const dashboard = z.object({
  uid: z.string(), title: z.string(), schemaVersion: z.int().min(30), panels: z.array(z.union([panel, rowPanel])).min(10),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string(), query: z.unknown() })) }),
});

describe("checkExpression()", () => {
  it("checkExpression() notices metrics and labels that there are not", () => {
    expect(checkExpression('time() - holdfast_ledger_bytes{instance=~"a"} > holdfast_health{holdfast_health="stale",job="x"}')).toEqual([]);
    expect(checkExpression('holdfast_ledger_megabytes + holdfast_open_alerts{cause="x", severity!="y"}')).toEqual(["holdfast_ledger_megabytes is no metric", "holdfast_open_alerts has no label cause"]);
    expect(checkExpression("time() > 5")).toEqual(["asks for no metric: time() > 5"]);
  });
});

describe("METRIC_FAMILIES", () => {
  it("METRIC_FAMILIES are named as Prometheus wants it", () => {
    expect(FAMILIES.size).toBe(METRIC_FAMILIES.length);
    for (const { name, type, help, labels } of METRIC_FAMILIES) {
      expect(name, name).toMatch(/^holdfast_[a-z]+(_[a-z]+)*$/);
      expect([name, name.endsWith("_total"), name.endsWith("_info")]).toEqual([name, type === "counter", type === "info"]);
      expect(help, name).toMatch(/\.$/);
      // A scrape would rename them.
      expect(labels.filter((label) => TARGET_LABELS.includes(label) || label.startsWith("__")), name).toEqual([]);
    }
  });

  it("METRIC_FAMILIES are all in docs/monitoring.md, with type, labels and meaning, and no others are", () => {
    const rows = [...read("docs/monitoring.md").matchAll(/^\| `(holdfast_\w+)` \| (.+) \| (.*) \| (.+) \|$/gm)].map(([, ...cells]) => cells);
    expect(rows).toEqual(METRIC_FAMILIES.map(({ name, type, labels, help }) =>
      [name, type === "stateset" ? "state set" : type, labels.map((label) => `\`${label}\``).join(", "), help]));
  });

  it("METRIC_FAMILIES that documents speak of exist", () => {
    const labels = new Set(METRIC_FAMILIES.flatMap((one) => one.labels));
    for (const path of ["docs/monitoring.md", "docs/prometheus/holdfast.rules.yml"]) {
      const unknown = [...read(path).matchAll(/\bholdfast_[a-z_]+\b/g)].map(([name]) => name).filter((name) => !FAMILIES.has(name) && !labels.has(name));
      expect([path, unknown]).toEqual([path, []]);
    }
  });
});

describe("docs/prometheus/holdfast.rules.yml", () => {
  const rules = readRules(read("docs/prometheus/holdfast.rules.yml"));

  it("holdfast.rules.yml asks for metrics that exist, and says of each alert what it means", () => {
    expect(rules.map(({ alert, expr }) => [alert, checkExpression(expr)])).toEqual(rules.map(({ alert }) => [alert, []]));
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, body } of rules) {
      for (const line of [/^ {8}for: \d+[mhd]$/m, /^ {8}labels: \{ severity: (?:critical|warning) \}$/m, /^ {10}summary: .{10,}$/m, /^ {10}description: .{10,}$/m]) expect(body, alert).toMatch(line);
    }
  });

  it("holdfast.rules.yml covers what has to wake somebody", () => {
    const expressions = rules.map(({ expr }) => expr);
    for (const part of ['up{job="holdfast"} == 0', "absent(holdfast_observed_timestamp_seconds)", 'absent(holdfast_last_success_timestamp_seconds{operation="export"})', 'holdfast_never_succeeded{operation="export"} == 1',
      "> holdfast_stale_after_seconds", '{holdfast_last_verification_verdict="failed"} == 1', "> holdfast_rpo_target_seconds", "> holdfast_rto_target_seconds", 'holdfast_alert_open{severity="critical"}',
      'holdfast_job_last_success_timestamp_seconds{job_name="tick"}']) expect(expressions.filter((one) => one.includes(part)), part).not.toEqual([]);
  });
});

describe("docs/grafana/holdfast.json", () => {
  const model = dashboard.parse(JSON.parse(read("docs/grafana/holdfast.json")));

  it("holdfast.json asks for metrics that exist, through the data source that is chosen", () => {
    const expressions = model.panels.flatMap((one) => (one.type === "row" ? [] : one.targets.map(({ expr }) => expr)));
    expect(expressions.length).toBeGreaterThan(20);
    expect(expressions.flatMap(checkExpression)).toEqual([]);
    expect(expressions.filter((expr) => !expr.includes('instance=~"$instance"'))).toEqual([]);
    expect(model.templating.list.map(({ name, type }) => [name, type])).toEqual([["datasource", "datasource"], ["job", "query"], ["instance", "query"]]);
    expect(model.templating.list[0]?.query).toBe("prometheus");
  });

  it("holdfast.json has panels that do not lie on one another, each with an id of its own", () => {
    expect(new Set(model.panels.map(({ id }) => id)).size).toBe(model.panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos: { x, y, w, h } } of model.panels) {
      expect(x + w, title).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column += 1) {
        for (let line = y; line < y + h; line += 1) {
          expect(taken.has(`${column} ${line}`), title).toBe(false);
          taken.add(`${column} ${line}`);
        }
      }
    }
  });
});
