import { METRIC_FAMILIES, type MetricFamily } from "./metric_families.ts";
import type { MetricSample } from "./read_metrics.ts";

/** openmetrics: OpenMetrics 1.0. prometheus: the text format 0.0.4, which the textfile collector of node_exporter reads. */
export type MetricsFormat = "openmetrics" | "prometheus";

/** What a response in each of the formats is called. */
export const METRICS_CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
};

/**
 * Writes samples as text. The format is small and this is all of it: prom-client, which also runs in Deno, knows neither state
 * sets nor infos nor units, keeps the values of the last scrape (so that what must become absent would have to be removed), and
 * brings 4.6 MB of packages for histograms and quantiles that a ledger does not have.
 *
 * @throws TypeError when a sample belongs to no family of METRIC_FAMILIES
 */
export function renderMetrics(samples: readonly MetricSample[], format: MetricsFormat): string {
  const unknown = samples.find(({ name }) => !METRIC_FAMILIES.some((one) => one.name === name));
  if (unknown !== undefined) throw new TypeError(`backup.metrics has ${unknown.name}, which is in no metric family`);
  const lines = METRIC_FAMILIES.flatMap((one) => {
    const own = samples.filter(({ name }) => name === one.name);
    return own.length === 0 ? [] : [...metadata(one, format), ...own.map((sample) => sampleLine(sample, one)).sort()];
  });
  return [...lines, ...(format === "openmetrics" ? ["# EOF"] : []), ""].join("\n");
}

function metadata({ name, type, help }: MetricFamily, format: MetricsFormat): string[] {
  // In 0.0.4 a family is called as its samples are, and knows no more types than these two.
  if (format === "prometheus") return [`# HELP ${name} ${escape(help)}`, `# TYPE ${name} ${type === "counter" ? "counter" : "gauge"}`];
  const base = type === "counter" ? name.replace(/_total$/, "") : type === "info" ? name.replace(/_info$/, "") : name;
  const unit = /_(seconds|bytes|ratio)$/.exec(base)?.[1];
  return [`# TYPE ${base} ${type}`, ...(unit === undefined ? [] : [`# UNIT ${base} ${unit}`]), `# HELP ${base} ${escape(help).replaceAll('"', '\\"')}`];
}

function sampleLine({ name, labels, value }: MetricSample, { labels: names }: MetricFamily): string {
  const pairs = names.flatMap((label) => (labels[label] === undefined ? [] : [`${label}="${escape(labels[label]).replaceAll('"', '\\"')}"`]));
  if (pairs.length !== Object.keys(labels).length) throw new TypeError(`${name} has labels besides ${names.join(", ")}`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
}

/** Quotes are escaped as well, where the text stands in quotes. */
const escape = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
