import { describe, expect, it } from "vitest";
import { ALERT_GUIDE, alertDocs } from "../../../../functions/_shared/alerts/alert_guide.ts";

describe("alertDocs()", () => {
  it("alertDocs() leads to the cause, or to the page for one it does not know", () => {
    expect(alertDocs("missed_run")).toBe("docs/alerts.md#missed_run");
    for (const unknown of ["x) [y](z", "toString"]) expect(alertDocs(unknown)).toBe("docs/alerts.md");
  });

  it("alertDocs() stands beside advice that fits into every message", () => {
    for (const [cause, text] of Object.entries(ALERT_GUIDE)) expect([cause, text.length < 260, /^[A-Z].*\.$/.test(text)]).toEqual([cause, true, true]);
  });
});
