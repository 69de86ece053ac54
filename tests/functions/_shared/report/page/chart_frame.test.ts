import { describe, expect, it } from "vitest";
import { CHART, chartFrame, chartScales, round } from "../../../../../functions/_shared/report/page/chart_frame.ts";
import { html } from "../../../../../functions/_shared/report/page/html.ts";

describe("chartScales()", () => {
  it("chartScales() starts at zero, at the bottom, and spans the times", () => {
    const { x, y } = chartScales([new Date("2026-01-01Z"), new Date("2026-02-01Z")], [5, 10]);
    expect([y(0), y(10), x(new Date("2026-01-01Z")), x(new Date("2026-02-01Z"))]).toEqual([CHART.height - CHART.bottom, CHART.top, CHART.left, CHART.width - CHART.right]);
  });

  it("chartScales() gives a single point, and zeros, room", () => {
    const { x, y } = chartScales([new Date("2026-01-01Z")], [0]);
    expect(x(new Date("2026-01-01Z"))).toBeCloseTo((CHART.left + CHART.width - CHART.right) / 2);
    expect(Number.isFinite(y(0))).toBe(true);
  });
});

describe("chartFrame()", () => {
  it("chartFrame() labels its axes and tells what it shows", () => {
    const { text } = chartFrame('Size "now"', chartScales([new Date("2026-01-01Z"), new Date("2026-02-01Z")], [10]), (value) => `${value} u`, html`<path/>`);
    for (const part of ['role="img"', 'aria-label="Size &quot;now&quot;"', ">10 u<", ">0 u<", "<path/>"]) expect(text).toContain(part);
  });
});

describe("round()", () => {
  it("round() keeps a tenth", () => expect([round(1.26), round(-0.04)]).toEqual([1.3, -0]));
});
