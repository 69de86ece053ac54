import { formatBytes, formatCount, formatDuration } from "../format_quantity.ts";
import { html, type Html } from "./html.ts";

/**
 * Numbers of a page, each with the value it stands for and the name of the fact: what a reader sees can be compared with
 * the ledger, by a program as well.
 */
export function count(fact: string, value: number | null): Html {
  return value === null ? NOTHING : html`<data data-fact="${fact}" value="${value}">${formatCount(value)}</data>`;
}

export function bytes(fact: string, value: number | null): Html {
  return value === null ? NOTHING : html`<data data-fact="${fact}" value="${value}">${formatBytes(value)}</data>`;
}

/** @param seconds a duration; what a clock made negative is shown as none at all */
export function duration(fact: string, seconds: number | null): Html {
  return seconds === null ? NOTHING : html`<data data-fact="${fact}" value="${seconds}">${formatDuration(Math.max(0, seconds))}</data>`;
}

export function time(fact: string, iso: string): Html {
  const exact = new Date(iso).toISOString();
  return html`<time data-fact="${fact}" datetime="${exact}">${exact.slice(0, 16).replace("T", " ")} UTC</time>`;
}

const NOTHING = html`<span class="soft">unknown</span>`;
