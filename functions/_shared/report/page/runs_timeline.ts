import { formatDuration } from "../format_quantity.ts";
import { CHART, chartScales, round } from "./chart_frame.ts";
import { html, type Html } from "./html.ts";
import type { ReportRun } from "./read_report.ts";

const TIERS = ["monthly", "weekly", "daily"];
const ROW = 30;

/** Every run on a line of its tier: shape and colour both tell how it ended. Null without runs. */
export function runsTimeline(runs: readonly ReportRun[]): Html | null {
  if (runs.length === 0) return null;
  const { x } = chartScales(runs.map((run) => new Date(run.requested_at)), []);
  const tiers = TIERS.filter((tier) => runs.some((run) => run.tier === tier));
  const height = tiers.length * ROW + 26;
  const format = x.tickFormat(5);
  const counts = (["verified", "complete", "expired", "failed", "active"] as const).map((kind) => [runs.filter((run) => kindOf(run) === kind).length, kind] as const);
  const label = `${runs.length} runs: ${counts.filter(([count]) => count > 0).map(([count, kind]) => `${count} ${WORDS[kind]}`).join(", ")}.`;
  return html`<figure><figcaption>${label}</figcaption>
<div class="scroll timeline" role="region" aria-label="Timeline of runs" tabindex="0"><svg viewBox="0 0 ${2 * CHART.width} ${height}" role="img" aria-label="Timeline: ${label}">
${tiers.map((tier, row) => html`<text x="0" y="${row * ROW + 19}">${tier}</text><line class="axis" x1="${CHART.left}" x2="${2 * CHART.width - CHART.right}" y1="${row * ROW + 15}" y2="${row * ROW + 15}"/>`)}
${x.ticks(5).map((time) => html`<text x="${round(stretch(x(time)))}" y="${height - 6}" text-anchor="middle">${format(time)}</text>`)}
${runs.map((run) => html`<g transform="translate(${round(stretch(x(new Date(run.requested_at))))} ${tiers.indexOf(run.tier) * ROW + 15})"><title>${run.run_id}: ${WORDS[kindOf(run)]}${run.seconds === null ? "" : `, ${formatDuration(run.seconds)}`}${run.failure_code === null ? "" : `, ${run.failure_code}`}</title>${SHAPES[kindOf(run)]}</g>`)}
</svg></div>
<div class="legend">${counts.filter(([count]) => count > 0).map(([, kind]) => html`<span><svg viewBox="-8 -8 16 16" aria-hidden="true">${SHAPES[kind]}</svg>${WORDS[kind]}</span>`)}</div></figure>`;
}

type Kind = "verified" | "complete" | "expired" | "failed" | "active";

const WORDS: Record<Kind, string> = { verified: "proven by a drill", complete: "complete", expired: "expired", failed: "failed", active: "under way" };

const SHAPES: Record<Kind, Html> = {
  verified: html`<path class="good" d="M0-7 7 0 0 7-7 0Z"/>`,
  complete: html`<circle class="first-fill" r="5"/>`,
  expired: html`<circle class="none" r="3" stroke-width="1"/>`,
  failed: html`<path class="bad" fill="none" stroke-width="3" d="M-5-5 5 5M5-5-5 5"/>`,
  active: html`<circle class="none" r="5" stroke-width="2"/>`,
};

function kindOf(run: ReportRun): Kind {
  if (run.state === "failed") return "failed";
  if (run.state === "expired") return "expired";
  if (run.state !== "complete") return "active";
  return run.verified ? "verified" : "complete";
}

/** The timeline is twice as wide as a chart. */
function stretch(x: number): number {
  return CHART.left + (x - CHART.left) * (2 * CHART.width - CHART.left - CHART.right) / (CHART.width - CHART.left - CHART.right);
}
