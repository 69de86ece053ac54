import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A process named so that a recycled pid is never mistaken for it. */
export interface ProcessIdentity {
  pid: number;
  /** When the kernel started it, in the kernel's own spelling: only ever compared for equality. */
  startedAt: string;
}

/** The identity of a running process, or undefined when there is none with this pid (a zombie counts as gone). */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (process.platform === "linux") {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" ? undefined : { pid, startedAt: fields[19] ?? "" };
    } catch {
      return undefined;
    }
  }
  try {
    const startedAt = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return startedAt === "" ? undefined : { pid, startedAt };
  } catch {
    return undefined;
  }
}

/** True while exactly this process is alive, false once it is gone or its pid belongs to another one. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startedAt === identity.startedAt;
}
