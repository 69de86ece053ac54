import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { identifyProcess } from "../../../stack/processes/process_identity.ts";
import { ProcessRegister } from "../../../stack/processes/process_register.ts";

it("ProcessRegister stops what is registered and alive, and clears torn entries", async () => {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-pids-"));
  const [kept, forgotten] = [spawn("sleep", ["30"]), spawn("sleep", ["30"])];
  const register = new ProcessRegister(dir);
  register.add("kept", kept.pid ?? 0);
  register.add("forgotten", forgotten.pid ?? 0)();
  writeFileSync(join(dir, "torn-1.json"), "{");
  expect(register.find("kept")?.pid).toBe(kept.pid);
  // Another register on the same directory is the next start after a crash.
  expect(await new ProcessRegister(dir).stopAll()).toEqual([`kept (pid ${kept.pid})`]);
  expect(readdirSync(dir)).toEqual([]);
  expect(identifyProcess(kept.pid ?? 0)).toBeUndefined();
  expect(identifyProcess(forgotten.pid ?? 0)).toBeDefined();
  forgotten.kill();
  rmSync(dir, { recursive: true });
});
