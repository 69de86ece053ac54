import { expect, it } from "vitest";
import { estimateRemaining, estimateSeconds } from "../../../../functions/_shared/restore/estimate_remaining.ts";
import { RESTORE_PHASES } from "../../../../functions/_shared/restore/restore_context.ts";

const GIB = 2 ** 30;

it("estimateRemaining() says nothing before there is a pace", () => {
  expect(estimateRemaining(RESTORE_PHASES, "check", 0, GIB, 0.2)).toBeNull();
  expect(estimateRemaining(RESTORE_PHASES, "data", 0.001, GIB, 2)).toBeNull();
  expect(estimateRemaining(["check", "data"], "prove", 0.5, GIB, 60)).toBeNull();
});

it("estimateRemaining() falls as rows arrive, and ends at nothing", () => {
  const at = (share: number) => estimateRemaining(RESTORE_PHASES, "data", share, GIB, 100 * share) ?? NaN;
  // The pace is the same, so what remains falls by what has passed.
  expect(at(0.5) - at(1)).toBeCloseTo(50, -1);
  expect(estimateRemaining(RESTORE_PHASES, "prove", 1, GIB, 100)).toBeCloseTo(0);
});

it("estimateSeconds() grows with the rows and shrinks with the phases", () => {
  expect(estimateSeconds(RESTORE_PHASES, GIB)).toBeGreaterThan(estimateSeconds(RESTORE_PHASES, GIB / 2) * 1.5);
  expect(estimateSeconds(["check", "data"], GIB)).toBeLessThan(estimateSeconds(RESTORE_PHASES, GIB));
});
