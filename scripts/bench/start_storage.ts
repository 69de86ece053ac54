import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { REPO_ROOT } from "../../stack/repo_root.ts";

/** An object storage in a process of its own, as a bucket is on another machine; its CPU time is nobody else's. */
export async function startStorage(dir: string): Promise<{ child: ChildProcess; env: Record<string, string> }> {
  mkdirSync(dir, { recursive: true });
  const child = spawn(join(REPO_ROOT, "node_modules", ".bin", "tsx"), [join(REPO_ROOT, "scripts/bench/s3_child.ts"), dir, "bench", "benchsecret"], { stdio: ["ignore", "pipe", "inherit"] });
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.stdout?.once("data", (data: Buffer) => resolve(data.toString().trim()));
    child.once("exit", () => reject(new Error("the object storage did not start")));
  });
  return { child, env: { HOLDFAST_S3_ENDPOINT: endpoint, HOLDFAST_S3_BUCKET: "holdfast-backups", HOLDFAST_S3_ACCESS_KEY_ID: "bench", HOLDFAST_S3_SECRET_ACCESS_KEY: "benchsecret" } };
}
