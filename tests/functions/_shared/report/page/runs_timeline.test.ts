import { describe, expect, it } from "vitest";
import { runsTimeline } from "../../../../../functions/_shared/report/page/runs_timeline.ts";
import { reportRun } from "../../../../support/report_data.ts";

describe("runsTimeline()", () => {
  it("runsTimeline() shows each run on the line of its tier and tells how it ended", () => {
    const text = runsTimeline([
      reportRun({ run_id: "r1", tier: "monthly", verified: true }), reportRun({ run_id: "r2", tier: "daily", requested_at: "2026-11-23T01:00:00Z" }),
      reportRun({ run_id: "r3", tier: "daily", state: "failed", failure_code: "HF300" }), reportRun({ run_id: "r4", tier: "daily", state: "exporting", seconds: null })])?.text ?? "";
    expect(text).toContain("4 runs: 1 proven by a drill, 1 complete, 1 failed, 1 under way.");
    for (const title of ["r1: proven by a drill, 1 min 30 s", "r2: complete, 1 min 30 s", "r3: failed, 1 min 30 s, HF300", "r4: under way"]) expect(text).toContain(`<title>${title}</title>`);
    expect([text.includes(">monthly<"), text.includes(">weekly<"), text.includes(">daily<")]).toEqual([true, false, true]);
    // The newest run is at the right end, twice as far as in a chart.
    expect(text).toMatch(/translate\(1028 45\)"><title>r2/);
  });

  it("runsTimeline() draws nothing without runs", () => expect(runsTimeline([])).toBeNull());
});
