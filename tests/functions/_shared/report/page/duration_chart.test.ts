import { describe, expect, it } from "vitest";
import { durationChart } from "../../../../../functions/_shared/report/page/duration_chart.ts";
import { reportRun } from "../../../../support/report_data.ts";

describe("durationChart()", () => {
  it("durationChart() draws a bar for each run that has ended, failed ones hollow", () => {
    const text = durationChart([reportRun({ seconds: 60 }), reportRun({ seconds: 5, state: "failed", requested_at: "2026-11-23T01:00:00Z" }), reportRun({ seconds: null, state: "exporting" })])?.text ?? "";
    expect(text.match(/<rect/g)).toHaveLength(2);
    expect(text).toContain("Duration of 2 exports: the newest took 5 s, the longest 1 min");
    expect(text).toMatch(/<rect class="none bad"[^>]*><title>2026-11-23 01:00 UTC: 5 s, failed</);
    expect(text).not.toContain("NaN");
  });

  it("durationChart() draws nothing before one has ended", () => expect([durationChart([]), durationChart([reportRun({ seconds: null, state: "exporting" })])]).toEqual([null, null]));
});
