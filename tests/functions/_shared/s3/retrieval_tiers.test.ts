import { describe, expect, it } from "vitest";
import { describeTiers, describeUsualTime, usualTime } from "../../../../functions/_shared/s3/retrieval_tiers.ts";

describe("usualTime()", () => {
  it("usualTime() has none for a class that can be read at once, and no Expedited for DEEP_ARCHIVE", () => {
    expect(usualTime("GLACIER", "Standard")).toEqual({ leastSeconds: 10_800, mostSeconds: 18_000 });
    expect(usualTime("DEEP_ARCHIVE", "Bulk")).toEqual({ leastSeconds: null, mostSeconds: 172_800 });
    expect([usualTime("DEEP_ARCHIVE", "Expedited"), usualTime("STANDARD", "Standard")]).toEqual([null, null]);
  });
});

describe("describeUsualTime()", () => {
  it("describeUsualTime() says minutes, hours, and where only the end is known", () => {
    expect(describeUsualTime({ leastSeconds: 60, mostSeconds: 300 })).toBe("1 to 5 minutes");
    expect(describeUsualTime({ leastSeconds: null, mostSeconds: 43_200 })).toBe("within 12 hours");
  });
});

describe("describeTiers()", () => {
  it("describeTiers() names what a class offers, the fastest first", () => {
    expect(describeTiers("GLACIER")).toBe("Expedited 1 to 5 minutes, Standard 3 to 5 hours, Bulk 5 to 12 hours");
    expect(describeTiers("DEEP_ARCHIVE")).toBe("Standard within 12 hours, Bulk within 48 hours");
    expect(describeTiers("STANDARD")).toBe("");
  });
});
