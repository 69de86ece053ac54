import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { identifyProcess, isAlive } from "../../../stack/processes/process_identity.ts";

it("identifyProcess() and isAlive() know a process until it ends, and tell it from another with its pid", async () => {
  const child = spawn("sleep", ["30"]);
  const identity = identifyProcess(child.pid ?? 0);
  if (identity === undefined) throw new Error("A running process was not found");
  expect(identifyProcess(child.pid ?? 0)).toEqual(identity);
  expect(isAlive(identity)).toBe(true);
  expect(isAlive({ ...identity, startedAt: "1" })).toBe(false);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(isAlive(identity)).toBe(false);
});
