import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cpuByPart, cpuSeconds } from "../../../scripts/bench/cpu_seconds.ts";

describe("cpuSeconds()", () => {
  it("cpuSeconds() counts what a process and an ended child of it used, where there is /proc", () => {
    const before = cpuSeconds(process.pid);
    spawnSync(process.execPath, ["-e", "const end = Date.now() + 400; while (Date.now() < end);"]);
    const used = cpuSeconds(process.pid) - before;
    if (existsSync("/proc/self/stat")) expect(used).toBeGreaterThan(0.05);
    else expect(used).toBe(0);
  });

  it("cpuSeconds() is 0 for a process that does not exist", () => {
    expect(cpuSeconds(2 ** 30)).toBe(0);
  });
});

describe("cpuByPart()", () => {
  it("cpuByPart() takes what server and storage used off what this process and its children did", () => {
    const all = cpuSeconds(process.pid);
    const { own, server, storage } = cpuByPart(process.pid, 2 ** 30);
    expect(storage).toBe(0);
    expect(server).toBeGreaterThanOrEqual(all);
    expect(own).toBeLessThan(1);
  });
});
