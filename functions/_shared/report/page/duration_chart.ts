import { formatDuration } from "../format_quantity.ts";
import { CHART, chartFrame, chartScales, round } from "./chart_frame.ts";
import { html, type Html } from "./html.ts";
import type { ReportRun } from "./read_report.ts";

/** How long exports took, failed ones hollow. Null when none has ended. */
export function durationChart(runs: readonly ReportRun[]): Html | null {
  const ended = runs.flatMap((run) => (run.seconds === null ? [] : [{ at: new Date(run.requested_at), seconds: run.seconds, failed: run.state === "failed" }]));
  const last = ended.at(-1);
  if (last === undefined) return null;
  const scales = chartScales(ended.map(({ at }) => at), ended.map(({ seconds }) => seconds));
  const { x, y } = scales;
  const width = Math.max(2, Math.min(14, (CHART.width - CHART.left - CHART.right) / ended.length - 2));
  const bars = ended.map(({ at, seconds, failed }) => html`<rect class="${failed ? "none bad" : "second-fill"}" x="${round(x(at) - width / 2)}" width="${round(width)}" y="${round(y(seconds))}" height="${round(Math.max(1, y(0) - y(seconds)))}"><title>${at.toISOString().slice(0, 16).replace("T", " ")} UTC: ${formatDuration(seconds)}${failed ? ", failed" : ""}</title></rect>`);
  const label = `Duration of ${ended.length} exports: the newest took ${formatDuration(last.seconds)}, the longest ${formatDuration(Math.max(...ended.map(({ seconds }) => seconds)))}.`;
  return html`<figure><figcaption>Duration of exports, failed ones hollow</figcaption>${chartFrame(label, scales, formatDuration, html`${bars}`)}</figure>`;
}
