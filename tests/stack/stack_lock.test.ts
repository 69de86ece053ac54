import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { lockStackDir } from "../../stack/stack_lock.ts";

const dir = mkdtempSync(join(tmpdir(), "holdfast-lock-"));
afterAll(() => rmSync(dir, { recursive: true }));

it("lockStackDir() refuses a second owner with HF900 until the first gives it up", () => {
  const unlock = lockStackDir(dir);
  expect(() => lockStackDir(dir)).toThrowError(expect.objectContaining({ code: "HF900" }));
  unlock();
  lockStackDir(dir)();
  expect(existsSync(join(dir, "stack.pid"))).toBe(false);
});

it.each([
  ["of a process that is gone", JSON.stringify({ pid: 4_194_303, startedAt: "1" })],
  ["of a pid that another process got", JSON.stringify({ pid: process.pid, startedAt: "1" })],
  ["that was cut short", '{"pid":'],
])("lockStackDir() takes over a file %s", (_, text) => {
  writeFileSync(join(dir, "stack.pid"), text);
  lockStackDir(dir)();
});
