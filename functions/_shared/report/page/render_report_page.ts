import { durationChart } from "./duration_chart.ts";
import { growthChart } from "./growth_chart.ts";
import { Html, html } from "./html.ts";
import { judgeReport } from "./judge_report.ts";
import { time } from "./quantities.ts";
import type { ReportData } from "./read_report.ts";
import { REPORT_STYLES } from "./report_styles.ts";
import { alertsSection, checksSection, notCoveredSection, objectivesSection, tablesSection, verdictSection } from "./report_sections.ts";
import { runsTimeline } from "./runs_timeline.ts";

/**
 * The report as one HTML page that needs nothing else: no script, no font, no picture from anywhere, and it says so to the
 * browser. The verdict first, then what rests on it. Pure: the same data gives the same page. Names and counts, never rows.
 */
export function renderReportPage(data: ReportData): string {
  const judgement = judgeReport(data);
  const charts = [growthChart(data.runs), durationChart(data.runs)].filter((one) => one !== null);
  const timeline = runsTimeline(data.runs);
  const name = data.project ?? "this project";
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="color-scheme" content="light dark">
<title>${judgement.title} · backups of ${name}</title><style>${STYLES}</style></head>
<body><main><header class="page"><h1>Backups of ${name}</h1><span>As of ${time("now", data.now)}</span></header>
${verdictSection(judgement)}
${alertsSection(data)}
${objectivesSection(data)}
${timeline === null ? null : html`<section aria-labelledby="history"><h2 id="history">History</h2>${timeline}${charts.length === 0 ? null : html`<div class="charts">${charts}</div>`}</section>`}
${checksSection(data)}
${tablesSection(data)}
${notCoveredSection(data)}
<footer>${data.secondary_backup ? null : html`<p>The secondary backup is off: no S3 policy is enabled.</p>`}<p>Holdfast ${data.tool_version}. Every number here is a row of schema backup; begin with <code>select * from backup.status</code>.</p></footer>
</main></body></html>
`.text;
}

// It holds quotes and signs that are no entities in a style sheet.
const STYLES = new Html(REPORT_STYLES);
