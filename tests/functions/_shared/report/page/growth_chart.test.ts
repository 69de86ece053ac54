import { describe, expect, it } from "vitest";
import { growthChart } from "../../../../../functions/_shared/report/page/growth_chart.ts";
import { reportRun } from "../../../../support/report_data.ts";

describe("growthChart()", () => {
  it("growthChart() draws restore points only", () => {
    const text = growthChart([reportRun({ raw_bytes: 1024, snapshot_at: "2026-11-01T00:00:00Z" }), reportRun({ state: "failed", raw_bytes: null }), reportRun({ raw_bytes: 4096, stored_bytes: 512 })])?.text ?? "";
    expect(text.match(/<circle/g)).toHaveLength(2);
    expect(text).toContain("from 1.0 KiB to 4.0 KiB of rows, now 512 B in the bucket");
    expect(text).toContain("<title>2026-11-01: 1.0 KiB of rows");
    expect(text).not.toContain("NaN");
  });

  it("growthChart() draws nothing without one", () => expect([growthChart([]), growthChart([reportRun({ state: "failed" })])]).toEqual([null, null]));
});
