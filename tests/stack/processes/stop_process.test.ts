import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { identifyProcess, isAlive } from "../../../stack/processes/process_identity.ts";
import { stopProcess } from "../../../stack/processes/stop_process.ts";

it.each([
  ["obeys the signal", "setInterval(() => {}, 1000); console.log('up')"],
  ["ignores the signal, after the grace period", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')"],
])("stopProcess() ends a process that %s", async (_, script) => {
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const identity = identifyProcess(child.pid ?? 0);
  if (identity === undefined) throw new Error("A running process was not found");
  await stopProcess(identity, "SIGTERM", 300);
  expect(isAlive(identity)).toBe(false);
});

it("stopProcess() leaves alone a process that only has the pid", async () => {
  await stopProcess({ pid: process.pid, startedAt: "1" }, "SIGKILL", 0);
});
