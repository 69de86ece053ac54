import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { logProgress } from "../../cli/log_progress.ts";

describe("logProgress()", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const read = (output: PassThrough): string => String(output.read() ?? "");

  it("logProgress() says nothing of what is over soon", () => {
    const output = new PassThrough();
    const shown = logProgress(output, "Exporting");
    vi.advanceTimersByTime(9_900);
    shown.end("done");
    vi.advanceTimersByTime(100_000);
    expect(read(output)).toBe("");
  });

  it("logProgress() says after ten seconds, and then every thirty, what is going on and for how long, and how it ended", () => {
    const output = new PassThrough();
    const shown = logProgress(output, "Exporting");
    shown.update("Exporting: 1 of 90 chunks");
    vi.advanceTimersByTime(10_000);
    expect(read(output)).toBe("Exporting: 1 of 90 chunks (10 s)\n");
    shown.update("Exporting: 40 of 90 chunks\r\nof \"a\u001b[2Jb\"");
    vi.advanceTimersByTime(29_000);
    expect(read(output)).toBe("");
    vi.advanceTimersByTime(31_000);
    expect(read(output)).toBe("Exporting: 40 of 90 chunks of \"a [2Jb\" (40 s)\nExporting: 40 of 90 chunks of \"a [2Jb\" (1 min 10 s)\n");
    shown.end("failed");
    vi.advanceTimersByTime(100_000);
    expect(read(output)).toBe("Exporting: failed (1 min 10 s)\n");
  });
});
