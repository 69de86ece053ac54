import { expect, it } from "vitest";
import { quoteName } from "../../../cli/doctor/quote_name.ts";

it("quoteName() doubles quotes, so that no name ends early", () => {
  expect(quoteName('od"d; drop')).toBe('"od""d; drop"');
});
