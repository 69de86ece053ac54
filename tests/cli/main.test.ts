import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { REPO_ROOT } from "../../stack/repo_root.ts";

const HOLDFAST = join(REPO_ROOT, "cli", "holdfast.mjs");

describe("main", () => {
  it("holdfast ends as usual when its reader has gone away", async () => {
    const child = spawn(process.execPath, [HOLDFAST, "--help"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (text: Buffer) => { stderr += text.toString(); });
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    expect([code, stderr]).toEqual([0, ""]);
  }, 30_000);

  // A disk without room, as Linux plays it.
  it.runIf(existsSync("/dev/full"))("holdfast says that its output could not be written, without a stack trace, and does not end with 0", async () => {
    const sh = promisify(execFile)("/bin/sh", ["-c", '"$0" "$1" --help > /dev/full', process.execPath, HOLDFAST]);
    await expect(sh).rejects.toMatchObject({ code: 3, stderr: "error: Cannot write to standard output (ENOSPC)\nhint: Look for space on the disk it goes to.\n" });
  }, 30_000);
});
