import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface ProcessUsage {
  /** CPU time of the main thread, which in Deno is the thread of the isolate. */
  cpuMs: number;
  /** The most memory the process ever had resident. */
  peakMb: number;
}

/**
 * What a process has used so far; undefined once it is gone. CPU is the main thread's only, because the platform counts
 * the isolate's thread and not V8's helpers. Memory is the whole process, some 60 MB of Deno included, so the limit is
 * stricter here than on the platform, which counts the heap and what hangs on it. Outside Linux there is only `ps`,
 * which counts every thread.
 */
export function processUsage(pid: number): ProcessUsage | undefined {
  try {
    if (process.platform !== "linux") return usageFromPs(pid);
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const peakKb = /^VmHWM:\s+(\d+)/m.exec(status)?.[1];
    return peakKb === undefined ? undefined : { cpuMs: mainThreadCpuMs(pid), peakMb: Number(peakKb) / 1024 };
  } catch {
    return undefined;
  }
}

function mainThreadCpuMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  } catch {
    // A kernel without schedstat still counts in ticks of 10 ms.
    const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }
}

function usageFromPs(pid: number): ProcessUsage {
  const text = execFileSync("ps", ["-o", "time=,rss=", "-p", String(pid)], { encoding: "utf8" }).trim();
  const [time = "0:00", rss = "0"] = text.split(/\s+/);
  const seconds = time.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return { cpuMs: seconds * 1_000, peakMb: Number(rss) / 1024 };
}
