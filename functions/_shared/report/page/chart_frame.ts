import { type ScaleLinear, type ScaleTime, scaleLinear, scaleUtc } from "d3-scale";
import { html, type Html } from "./html.ts";

/** In the units of the drawing; the page scales it. */
export const CHART = { width: 520, height: 200, left: 76, right: 12, top: 10, bottom: 26 } as const;

export interface ChartScales {
  x: ScaleTime<number, number>;
  y: ScaleLinear<number, number>;
}

/** Scales of a chart over time that starts at zero. A single point gets a day of room on both sides. */
export function chartScales(times: readonly Date[], values: readonly number[]): ChartScales {
  const at = times.map(Number);
  const [first, last] = [Math.min(...at), Math.max(...at)];
  const room = first === last ? 86_400_000 : 0;
  return {
    x: scaleUtc([new Date(first - room), new Date(last + room)], [CHART.left, CHART.width - CHART.right]),
    y: scaleLinear([0, Math.max(...values, 0) || 1], [CHART.height - CHART.bottom, CHART.top]).nice(4),
  };
}

/** Axes with a few labels, and `body` drawn over them. `label` is what a reader who does not see it is told. */
export function chartFrame(label: string, { x, y }: ChartScales, formatY: (value: number) => string, body: Html): Html {
  const bottom = CHART.height - CHART.bottom;
  const format = x.tickFormat(4);
  return html`<svg viewBox="0 0 ${CHART.width} ${CHART.height}" role="img" aria-label="${label}">
${y.ticks(4).map((value) => html`<line class="axis" x1="${CHART.left}" x2="${CHART.width - CHART.right}" y1="${round(y(value))}" y2="${round(y(value))}"/><text x="${CHART.left - 6}" y="${round(y(value) + 4)}" text-anchor="end">${formatY(value)}</text>`)}
${x.ticks(4).map((time) => html`<text x="${round(x(time))}" y="${bottom + 18}" text-anchor="middle">${format(time)}</text>`)}
${body}</svg>`;
}

/** A tenth of a unit is finer than a screen; more digits only make the page longer. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
