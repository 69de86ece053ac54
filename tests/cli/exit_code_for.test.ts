import { expect, it } from "vitest";
import { exitCodeFor } from "../../cli/exit_code_for.ts";

it.each([["passed", 0], ["failed", 10], ["inconclusive", 11], ["skipped", 11], [null, 11]] as const)(
  "exitCodeFor(%s) is %i", (verdict, expected) => expect(exitCodeFor(verdict)).toBe(expected));
