import { afterEach, expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { runInBackground } from "../../../../functions/_shared/http/background.ts";

const globals = globalThis as { EdgeRuntime?: { waitUntil(promise: Promise<unknown>): void } };
afterEach(() => delete globals.EdgeRuntime);

it("runInBackground() keeps the isolate alive until the work has ended, and fails for nobody", async () => {
  const waited: Promise<unknown>[] = [];
  globals.EdgeRuntime = { waitUntil: (promise) => void waited.push(promise) };
  const lines: string[] = [];
  const work = runInBackground(Promise.reject(new Error("hunter2")), (line) => lines.push(line));
  await expect(work).rejects.toThrow("hunter2");
  await expect(waited[0]).resolves.toBeUndefined();
  expect(lines).toEqual([expect.stringContaining("unexpected error")]);
  expect(lines[0]).not.toContain("hunter2");
});

it("runInBackground() logs known errors with their code and returns the work where there is no edge runtime", async () => {
  const lines: string[] = [];
  await expect(runInBackground(Promise.resolve(4))).resolves.toBe(4);
  await expect(runInBackground(Promise.reject(new HoldfastError("HF203", "S3 is away")), (line) => lines.push(line))).rejects.toThrow();
  expect(lines).toEqual(["HF203: S3 is away"]);
});
