import type { MetricsFormat } from "../../functions/_shared/metrics/render_metrics.ts";

export interface ParsedFamily {
  type: string;
  unit: string | undefined;
  help: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (-?[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$`);
const METADATA = new RegExp(`^# (TYPE|UNIT|HELP) (${NAME}) (.*)$`);
const TYPES: Record<MetricsFormat, readonly string[]> = { openmetrics: ["gauge", "counter", "stateset", "info"], prometheus: ["gauge", "counter"] };

/** Reads a page of metrics as the specifications have it, and takes nothing that they do not. */
export function parseMetrics(text: string, format: MetricsFormat): Map<string, ParsedFamily> {
  const families = new Map<string, ParsedFamily>();
  const seen = new Set<string>();
  let current = "";
  let described = new Set<string>();
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const lines = text.slice(0, -1).split("\n");
  if (format === "openmetrics" && lines.pop() !== "# EOF") throw new Error("# EOF is not the last line");
  for (const line of lines) {
    const [, keyword, name = "", value = ""] = METADATA.exec(line) ?? [];
    if (keyword !== undefined) {
      if (name !== current) {
        if (families.has(name)) throw new Error(`family ${name} is in two places`);
        [current, described] = [name, new Set()];
        families.set(name, { type: "", unit: undefined, help: "", samples: [] });
      }
      const family = families.get(name);
      if (family === undefined || family.samples.length > 0) throw new Error(`${line}: comes after samples`);
      if (described.has(keyword)) throw new Error(`${line}: is there twice`);
      described.add(keyword);
      if (keyword === "TYPE" && !TYPES[format].includes(value)) throw new Error(`${line}: is no type of ${format}`);
      if (keyword === "UNIT" && (format === "prometheus" || !name.endsWith(`_${value}`))) throw new Error(`${line}: is no unit of this name`);
      if (keyword === "TYPE") family.type = value;
      else if (keyword === "UNIT") family.unit = value;
      else family.help = unescape(value, format === "openmetrics");
      continue;
    }
    const [, sampleName = "", labelText = "", valueText = ""] = SAMPLE.exec(line) ?? [];
    const family = families.get(current);
    if (sampleName === "" || family === undefined || !described.has("TYPE") || !described.has("HELP")) throw new Error(`${JSON.stringify(line)} is no sample of a described family`);
    const pairs = [...labelText.matchAll(new RegExp(LABEL, "g"))].map(([pair]) => [pair.slice(0, pair.indexOf("=")), unescape(pair.slice(pair.indexOf("=") + 2, -1), true)] as const);
    const labels = Object.fromEntries(pairs);
    if (pairs.length !== Object.keys(labels).length) throw new Error(`${line}: a label is there twice`);
    const identity = JSON.stringify([sampleName, Object.entries(labels).sort()]);
    if (seen.has(identity)) throw new Error(`${line}: is there twice`);
    seen.add(identity);
    const suffix = format === "openmetrics" ? ({ counter: "_total", info: "_info" }[family.type] ?? "") : "";
    if (sampleName !== current + suffix) throw new Error(`${line}: is called otherwise than ${family.type} ${current}`);
    if (format === "prometheus" && family.type === "counter" && !sampleName.endsWith("_total")) throw new Error(`${line}: a counter without _total`);
    family.samples.push({ name: sampleName, labels, value: Number(valueText) });
  }
  for (const [name, family] of families) checkFamily(name, family);
  return families;
}

function checkFamily(name: string, { type, unit, samples }: ParsedFamily): void {
  if (samples.length === 0) throw new Error(`${name} has no samples`);
  if (unit !== undefined && (type === "info" || type === "stateset")) throw new Error(`${name}: ${type} has a unit`);
  if (type === "counter" && samples.some(({ value }) => value < 0)) throw new Error(`${name}: a counter below 0`);
  if (type === "info" && samples.some(({ value }) => value !== 1)) throw new Error(`${name}: an info that is not 1`);
  if (type === "stateset" && (samples.some(({ labels }) => labels[name] === undefined) || samples.filter(({ value }) => value === 1).length !== 1 || samples.some(({ value }) => value !== 0 && value !== 1))) {
    throw new Error(`${name}: a state set with other than one state`);
  }
}

function unescape(text: string, quotes: boolean): string {
  return text.replaceAll(quotes ? /\\([\\n"])/g : /\\([\\n])/g, (_, character: string) => (character === "n" ? "\n" : character));
}
