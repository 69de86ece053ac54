import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { showProgress } from "../../cli/show_progress.ts";

const ENDING = ["SIGINT", "SIGTERM", "SIGHUP", "exit", "unhandledRejection"] as const;

describe("showProgress()", () => {
  it("showProgress() draws one line, whatever names are in it, and says how it ended", async () => {
    const output = new PassThrough();
    const shown = showProgress(output, "Exporting");
    shown.update("Exporting: public.a\r\nb\u001b[2J");
    await expect.poll(() => output.readableLength).toBeGreaterThan(60);
    shown.end("failed");
    const text = String(output.read());
    expect(text).toContain("Exporting: public.a b [2J");
    expect(text.indexOf("\n")).toBe(text.length - 1);
    expect(text.endsWith("Exporting: failed\n")).toBe(true);
  });

  it("showProgress() leaves signals and the keyboard to those who clean up", () => {
    const listeners = () => [...ENDING.map((event) => process.listenerCount(event)), process.stdin.listenerCount("keypress")];
    const before = listeners();
    const shown = showProgress(new PassThrough(), "Exporting");
    expect(listeners()).toEqual(before);
    shown.end("done");
  });
});
