import { expect, it } from "vitest";
import { processUsage } from "../../../stack/functions/process_usage.ts";

it("processUsage() counts CPU and peak memory, and knows when a process is gone", () => {
  const before = processUsage(process.pid);
  for (const end = performance.now() + 120; performance.now() < end;);
  const after = processUsage(process.pid);
  if (before === undefined || after === undefined) throw new Error("This process was not found");
  expect(after.cpuMs - before.cpuMs).toBeGreaterThan(40);
  expect(after.peakMb).toBeGreaterThan(20);
  expect(processUsage(4_194_303)).toBeUndefined();
});
