import { area, line } from "d3-shape";
import { formatBytes } from "../format_quantity.ts";
import { chartFrame, chartScales, round } from "./chart_frame.ts";
import { html, type Html } from "./html.ts";
import type { ReportRun } from "./read_report.ts";

interface Point {
  at: Date;
  raw: number;
  stored: number;
}

/** How the data and its backups grew: bytes of rows, and bytes in the bucket, of every restore point. Null without any. */
export function growthChart(runs: readonly ReportRun[]): Html | null {
  const points: Point[] = runs.flatMap((run) => (run.state === "complete" && run.snapshot_at !== null
    ? [{ at: new Date(run.snapshot_at), raw: run.raw_bytes ?? 0, stored: run.stored_bytes ?? 0 }] : []));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  const scales = chartScales(points.map(({ at }) => at), points.flatMap(({ raw, stored }) => [raw, stored]));
  const { x, y } = scales;
  const across = (value: (point: Point) => number) => line<Point>((point) => x(point.at), (point) => y(value(point))).digits(1)(points) ?? "";
  const below = area<Point>((point) => x(point.at), y(0), (point) => y(point.raw)).digits(1)(points) ?? "";
  const dots = points.map((point) => html`<circle class="first-fill" cx="${round(x(point.at))}" cy="${round(y(point.raw))}" r="2.5"><title>${point.at.toISOString().slice(0, 10)}: ${formatBytes(point.raw)} of rows, ${formatBytes(point.stored)} stored</title></circle>`);
  const label = `Size of restore points: from ${formatBytes(first.raw)} to ${formatBytes(last.raw)} of rows, now ${formatBytes(last.stored)} in the bucket.`;
  return html`<figure><figcaption>Growth: bytes of rows, and bytes in the bucket</figcaption>
${chartFrame(label, scales, formatBytes, html`<path class="first-fill" opacity=".15" d="${below}"/><path class="first" fill="none" stroke-width="2" d="${across((point) => point.raw)}"/><path class="second" fill="none" stroke-width="2" stroke-dasharray="5 3" d="${across((point) => point.stored)}"/>${dots}`)}
<div class="legend"><span><svg viewBox="0 0 16 16" aria-hidden="true"><path class="first" stroke-width="3" d="M0 8H16"/></svg>rows</span><span><svg viewBox="0 0 16 16" aria-hidden="true"><path class="second" stroke-width="3" stroke-dasharray="5 3" d="M0 8H16"/></svg>in the bucket</span></div></figure>`;
}
