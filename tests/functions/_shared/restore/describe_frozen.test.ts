import { describe, expect, it } from "vitest";
import { archivedError, describeAmount, describeFrozen, summarizeFrozen, usualThawTime } from "../../../../functions/_shared/restore/describe_frozen.ts";

const GLACIER = { key: "a", bytes: 1024, storageClass: "GLACIER" };
const DEEP = { key: "b", bytes: 2048, storageClass: "DEEP_ARCHIVE" };

describe("summarizeFrozen()", () => {
  it("summarizeFrozen() counts by class", () => {
    expect(summarizeFrozen([GLACIER, DEEP, { ...GLACIER, key: "c" }])).toEqual({ objects: 3, bytes: 4096,
      byClass: [{ storageClass: "DEEP_ARCHIVE", objects: 1, bytes: 2048 }, { storageClass: "GLACIER", objects: 2, bytes: 2048 }] });
  });
});

describe("usualThawTime()", () => {
  it("usualThawTime() is that of the slowest class, and none where one does not offer the tier", () => {
    expect(usualThawTime([GLACIER, DEEP], "Bulk")).toEqual({ leastSeconds: null, mostSeconds: 172_800 });
    expect(usualThawTime([GLACIER], "Expedited")).toEqual({ leastSeconds: 60, mostSeconds: 300 });
    expect([usualThawTime([GLACIER, DEEP], "Expedited"), usualThawTime([], "Bulk")]).toEqual([null, null]);
  });
});

describe("archivedError()", () => {
  it("archivedError() says how much is archived, how long each tier takes, and what to add", () => {
    expect(describeAmount({ objects: 1, bytes: 1024 })).toBe("1 object (1.0 KiB)");
    expect(describeFrozen([GLACIER])).toBe("1 object (1.0 KiB) in GLACIER, which usually takes: Expedited 1 to 5 minutes, Standard 3 to 5 hours, Bulk 5 to 12 hours.");
    expect(archivedError("r1", [GLACIER, DEEP])).toMatchObject({ code: "HF603", message: "Cannot read run r1 as 2 objects (3.0 KiB) of it are archived",
      detail: expect.stringMatching(/DEEP_ARCHIVE.*within 12 hours.*GLACIER.*3 to 5 hours/), hint: expect.stringContaining("--thaw") });
  });
});
