import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MetricSample } from "../../../../functions/_shared/metrics/read_metrics.ts";
import { METRICS_CONTENT_TYPES, type MetricsFormat, renderMetrics } from "../../../../functions/_shared/metrics/render_metrics.ts";
import { parseMetrics } from "../../../support/parse_metrics.ts";

const FORMATS: MetricsFormat[] = ["openmetrics", "prometheus"];
const SAMPLES: MetricSample[] = [
  { name: "holdfast_job_runs_total", labels: { outcome: "failed", job_name: "tick" }, value: 2 },
  { name: "holdfast_ledger_bytes", labels: {}, value: 70_000_000_000 },
  { name: "holdfast_job_runs_total", labels: { job_name: "export", outcome: "failed" }, value: 0 },
  { name: "holdfast_health", labels: { holdfast_health: "stale" }, value: 1 },
  { name: "holdfast_health", labels: { holdfast_health: "failing" }, value: 0 },
  { name: "holdfast_build_info", labels: { version: "1", project: "p" }, value: 1 },
  { name: "holdfast_rpo_seconds", labels: {}, value: 3600.5 },
];

describe("renderMetrics()", () => {
  it("renderMetrics() writes OpenMetrics: families in one place, units, the names of counters and infos, an end", () => {
    expect(renderMetrics(SAMPLES, "openmetrics")).toBe(`# TYPE holdfast_build info
# HELP holdfast_build Version of Holdfast that answers, and the project it answers for.
holdfast_build_info{version="1",project="p"} 1
# TYPE holdfast_health stateset
# HELP holdfast_health Are the backups fine, as backup.status says.
holdfast_health{holdfast_health="failing"} 0
holdfast_health{holdfast_health="stale"} 1
# TYPE holdfast_rpo_seconds gauge
# UNIT holdfast_rpo_seconds seconds
# HELP holdfast_rpo_seconds Data that would be lost: age of the newest verified restore point. Absent: never measured.
holdfast_rpo_seconds 3600.5
# TYPE holdfast_job_runs counter
# HELP holdfast_job_runs Times a scheduled job has run since Holdfast was installed.
holdfast_job_runs_total{job_name="export",outcome="failed"} 0
holdfast_job_runs_total{job_name="tick",outcome="failed"} 2
# TYPE holdfast_ledger_bytes gauge
# UNIT holdfast_ledger_bytes bytes
# HELP holdfast_ledger_bytes Size of the tables of schema backup.
holdfast_ledger_bytes 70000000000
# EOF
`);
  });

  it("renderMetrics() writes the text format of Prometheus, which knows no states, infos, units or end", () => {
    expect(renderMetrics(SAMPLES.slice(3), "prometheus")).toBe(`# HELP holdfast_build_info Version of Holdfast that answers, and the project it answers for.
# TYPE holdfast_build_info gauge
holdfast_build_info{version="1",project="p"} 1
# HELP holdfast_health Are the backups fine, as backup.status says.
# TYPE holdfast_health gauge
holdfast_health{holdfast_health="failing"} 0
holdfast_health{holdfast_health="stale"} 1
# HELP holdfast_rpo_seconds Data that would be lost: age of the newest verified restore point. Absent: never measured.
# TYPE holdfast_rpo_seconds gauge
holdfast_rpo_seconds 3600.5
`);
    expect(parseMetrics(renderMetrics(SAMPLES, "prometheus"), "prometheus").get("holdfast_job_runs_total")?.type).toBe("counter");
  });

  it("renderMetrics() writes any label and any number so that they are read as they were", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom("\\", '"', "\n", "n", "\r", ",", "}", "=", " ", "é") }));
    const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger());
    fc.assert(fc.property(fc.uniqueArray(fc.tuple(text, text), { minLength: 1, maxLength: 5, selector: ([a, b]) => JSON.stringify([a, b]) }), number, (labels, value) => {
      const samples = labels.map(([cause, severity]) => ({ name: "holdfast_alert_open", labels: { cause, severity }, value }));
      for (const format of FORMATS) {
        const read = parseMetrics(renderMetrics(samples, format), format).get("holdfast_alert_open")?.samples ?? [];
        const inOrder = (list: MetricSample[]) => list.map((one) => JSON.stringify([one.labels["cause"], one.labels["severity"], Object.is(one.value, -0) ? 0 : one.value])).sort();
        expect(inOrder(read)).toEqual(inOrder(samples));
      }
    }), { numRuns: 100 });
  });

  it("renderMetrics() of nothing is a page that ends", () => {
    expect(FORMATS.map((format) => renderMetrics([], format))).toEqual(["# EOF\n", ""]);
    expect(Object.values(METRICS_CONTENT_TYPES)).toEqual(["application/openmetrics-text; version=1.0.0; charset=utf-8", "text/plain; version=0.0.4; charset=utf-8"]);
  });

  it("renderMetrics() refuses what no family describes, rather than leave it out", () => {
    expect(() => renderMetrics([{ name: "holdfast_secret", labels: {}, value: 1 }], "openmetrics")).toThrow(/holdfast_secret, which is in no metric family/);
    expect(() => renderMetrics([{ name: "holdfast_ledger_bytes", labels: { table: "x" }, value: 1 }], "openmetrics")).toThrow(/labels besides/);
  });
});

describe("parseMetrics()", () => {
  it.each([
    ["# TYPE a gauge\n# HELP a b\na 1", "the last line does not end"], ["# TYPE a gauge\n# HELP a b\na 1\n", "# EOF"], ["a 1\n# EOF\n", "no sample"], ["# TYPE a gauge\n# HELP a b\na 1 1\n# EOF\n", "no sample"],
    ["# TYPE a gauge\n# HELP a b\na{b=\"\\x\"} 1\n# EOF\n", "no sample"], ["# TYPE a gauge\n# HELP a b\na 1\na 2\n# EOF\n", "twice"], ["# TYPE a counter\n# HELP a b\na 1\n# EOF\n", "otherwise"],
    ["# TYPE a gauge\n# HELP a b\n# UNIT a seconds\na 1\n# EOF\n", "unit"], ["# TYPE a stateset\n# HELP a b\na{a=\"x\"} 1\na{a=\"y\"} 1\n# EOF\n", "one state"],
    ["# TYPE a gauge\n# HELP a b\na 1\n# TYPE b gauge\n# HELP b b\nb 1\n# TYPE a gauge\n# EOF\n", "two places"], ["# TYPE a gauge\n# HELP a b\n\na 1\n# EOF\n", "no sample"], ["# TYPE a histogram\n# HELP a b\na 1\n# EOF\n", "no type"],
  ])("parseMetrics() takes no page that breaks the rules: %j", (text, message) => expect(() => parseMetrics(text, "openmetrics")).toThrow(message));
});
