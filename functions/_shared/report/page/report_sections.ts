import type { VerificationFinding } from "../read_verification.ts";
import { html, type Html } from "./html.ts";
import type { Judgement, Level } from "./judge_report.ts";
import { bytes, count, duration, time } from "./quantities.ts";
import type { ReportData, ReportTable } from "./read_report.ts";

const VERDICT_LEVELS: Record<string, Level> = { passed: "good", failed: "bad", inconclusive: "warn", skipped: "none" };
const OBJECTIVES = { rpo: "RPO: data that may be lost", rto: "RTO: time to restore" } as const;

/** What no export holds, whatever it is configured to do. */
const NEVER_COVERED = [
  "The root key of Vault: secrets come back as ciphertext that another project cannot open.",
  "Code and secrets of Edge Functions, settings of Auth providers and of the project itself.",
  "The files of Supabase Storage; their rows are covered.",
];

export function verdictSection({ level, title, reason }: Judgement): Html {
  return html`<section class="verdict ${level}" aria-labelledby="verdict"><h2 id="verdict">${title}</h2><p>${reason}</p></section>`;
}

export function alertsSection({ alerts }: ReportData): Html {
  if (alerts.length === 0) return html``;
  return html`<section aria-labelledby="alerts"><h2 id="alerts">Open alerts (${count("alerts", alerts.length)})</h2><ul>${alerts.map((one) => html`
<li><span class="tag ${one.severity === "critical" ? "bad" : "warn"}">${one.severity}</span> ${one.message}
<div class="soft">${one.cause} · since ${time(`alert.${one.cause}.raised_at`, one.raised_at)}, ${count(`alert.${one.cause}.occurrences`, one.occurrences)} time(s), last ${time(`alert.${one.cause}.last_seen`, one.last_seen)}</div></li>`)}</ul></section>`;
}

export function objectivesSection({ objectives, newest, drills }: ReportData): Html {
  const drill = drills.at(-1);
  return html`<section aria-labelledby="objectives"><h2 id="objectives">Recovery</h2><div class="cards">
${objectives.map((one) => {
    const level: Level = one.met === null ? "none" : one.met ? "good" : "bad";
    const part = one.measured_seconds === null ? 0 : Math.min(100, Math.max(0, (100 * one.measured_seconds) / one.target_seconds));
    return html`<div class="card ${level}"><h3>${OBJECTIVES[one.name]}</h3>
<span class="big">${one.measured_seconds === null ? "not measured" : duration(`${one.name}.measured`, one.measured_seconds)}</span>
<div class="meter" aria-hidden="true"><span style="width:${Math.round(part)}%"></span></div>
<dl><dt>Target</dt><dd>${duration(`${one.name}.target`, one.target_seconds)} <span class="tag ${level}">${one.met === null ? "unknown" : one.met ? "met" : "not met"}</span></dd>
${one.extrapolated_seconds === null ? null : html`<dt>Now</dt><dd>about ${duration(`${one.name}.extrapolated`, one.extrapolated_seconds)} expected at today's size</dd>`}
${one.unverified_seconds === null ? null : html`<dt>Newest</dt><dd>${duration(`${one.name}.unverified`, one.unverified_seconds)} old, proven or not</dd>`}</dl><p class="soft">${one.basis}</p></div>`;
  })}
<div class="card"><h3>Newest restore point</h3>${newest === null ? html`<span class="big">none</span>` : html`<span class="big">${duration("newest.age", newest.age_seconds)} old</span>
<dl><dt>Run</dt><dd>${newest.run_id} (${newest.tier})</dd><dt>Data of</dt><dd>${time("newest.snapshot_at", newest.snapshot_at)}</dd><dt>Rows</dt><dd>${count("newest.rows", newest.rows)}</dd>
<dt>Size</dt><dd>${bytes("newest.raw_bytes", newest.raw_bytes)}, stored ${bytes("newest.stored_bytes", newest.stored_bytes)}</dd>
<dt>Restored</dt><dd><span class="tag ${newest.verified ? "good" : "warn"}">${newest.verified ? "yes, and found equal" : "not yet"}</span></dd></dl>`}</div>
<div class="card"><h3>Newest drill</h3>${drill === undefined ? html`<span class="big">none</span><p class="soft">No backup has been proven by restoring it.</p>` : html`<span class="big"><span class="tag ${VERDICT_LEVELS[drill.verdict] ?? "none"}">${drill.verdict}</span></span>
<dl><dt>Run</dt><dd>${drill.run_id}</dd><dt>When</dt><dd>${time("drill.started_at", drill.started_at)}</dd><dt>Took</dt><dd>${duration("drill.seconds", drill.seconds)}</dd>
${Object.entries(drill.phase_seconds).map(([phase, seconds]) => html`<dt>${phase}</dt><dd>${duration(`drill.${phase}`, seconds)}</dd>`)}</dl>${drill.failure_message === null ? null : html`<p>${drill.failure_message}.</p>`}`}</div>
</div></section>`;
}

/** Checks by name, those that need a person first and open; each with its answers and what they rest on. */
export function checksSection({ verification }: ReportData): Html {
  if (verification === null) return html`<section aria-labelledby="checks"><h2 id="checks">Checks</h2><p>No verification has finished yet.</p></section>`;
  const order = ["failed", "inconclusive", "skipped", "passed"];
  const checks = [...grouped(verification.findings)].map(([name, findings]) => ({ name, findings, worst: order.find((verdict) => findings.some((one) => one.verdict === verdict)) ?? "passed" }))
    .sort((a, b) => order.indexOf(a.worst) - order.indexOf(b.worst) || a.name.localeCompare(b.name));
  return html`<section aria-labelledby="checks"><h2 id="checks">Checks <span class="tag ${VERDICT_LEVELS[verification.verdict ?? "skipped"] ?? "none"}">${verification.verdict ?? "still running"}</span></h2>
<p class="soft">Verification ${verification.verification_id}, started ${time("verification.started_at", verification.started_at)} by ${verification.trigger}.</p>
${checks.map(({ name, findings, worst }) => html`<details${worst === "failed" || worst === "inconclusive" ? html` open` : null}><summary><code>${name}</code><span class="tag ${VERDICT_LEVELS[worst] ?? "none"}">${worst}</span> <span class="soft">${count(`check.${name}.answers`, findings.length)} answer(s)</span></summary>
${table(`Answers of ${name}`, ["Subject", "Verdict", "Expected", "Found", "Evidence"], findings.slice(0, MAX_ANSWERS).map(answer))}
${findings.length > MAX_ANSWERS ? html`<p class="soft">${findings.length - MAX_ANSWERS} more are in backup.verification_results.</p>` : null}</details>`)}</section>`;
}

const MAX_ANSWERS = 200;

function grouped(findings: readonly VerificationFinding[]): Map<string, VerificationFinding[]> {
  const groups = new Map<string, VerificationFinding[]>();
  for (const one of findings) groups.set(one.check_name, [...groups.get(one.check_name) ?? [], one]);
  return groups;
}

function answer(one: VerificationFinding): Html {
  const evidence = JSON.stringify(one.evidence, null, 1);
  return html`<tr><td class="name">${one.subject}</td><td><span class="tag ${VERDICT_LEVELS[one.verdict] ?? "none"}">${one.verdict}</span></td><td>${one.expected}</td><td>${one.actual}</td><td>${evidence === "{}" ? null : html`<code>${evidence.replaceAll(/\s+/g, " ")}</code>`}</td></tr>`;
}

export function tablesSection({ tables }: ReportData): Html {
  if (tables.length === 0) return html``;
  return html`<section aria-labelledby="tables"><h2 id="tables">Tables of the newest restore point (${count("tables", tables.length)})</h2>
${table("Rows of each table, and the difference to the restore point before", ["Table", "Rows|n", "Change|n", "Size in the database|n"], tables.map(tableRow))}</section>`;
}

function tableRow(one: ReportTable): Html {
  if (one.rows === null) return html`<tr><td class="name">${one.name}</td><td colspan="2">not copied: ${one.reason ?? one.status}</td><td class="n">${bytes(`table.${one.name}.bytes`, one.bytes)}</td></tr>`;
  const delta = one.previous_rows === null ? null : one.rows - one.previous_rows;
  return html`<tr><td class="name">${one.name}</td><td class="n">${count(`table.${one.name}.rows`, one.rows)}</td><td class="n">${delta === null ? html`<span class="soft">new</span>` : html`${delta > 0 ? "+" : ""}${count(`table.${one.name}.delta`, delta)}`}</td><td class="n">${bytes(`table.${one.name}.bytes`, one.bytes)}</td></tr>`;
}

export function notCoveredSection({ newest }: ReportData): Html {
  const warnings = newest?.warnings ?? [];
  return html`<section aria-labelledby="not-covered"><h2 id="not-covered">What is not covered</h2>
${warnings.length === 0 ? null : html`<h3>Left out of the newest restore point (${count("warnings", warnings.length)})</h3><ul>${warnings.map((one) => html`<li><code>${one.code}</code> ${one.subject}: ${one.message}</li>`)}</ul>`}
<h3>In no backup</h3><ul>${NEVER_COVERED.map((one) => html`<li>${one}</li>`)}</ul></section>`;
}

/** A table that scrolls by itself where it is wider than the page. A header that ends in `|n` is of numbers. */
function table(caption: string, header: readonly string[], rows: readonly Html[]): Html {
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><caption>${caption}</caption><thead><tr>${header.map((name) => (name.endsWith("|n") ? html`<th scope="col" class="n">${name.slice(0, -2)}</th>` : html`<th scope="col">${name}</th>`))}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
