import { readdirSync, readFileSync } from "node:fs";

interface ProcessTimes {
  parent: number;
  own: number;
  reaped: number;
}

/** Clock ticks a second of /proc; 100 on every Linux that Node runs on. */
const TICKS = 100;

function readTimes(pid: string): ProcessTimes | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program may hold spaces and brackets; what follows its last bracket has a fixed form.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
    const [, parent = 0] = fields;
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
    return { parent, own: user + system, reaped: childUser + childSystem };
  } catch {
    return null; // ended meanwhile
  }
}

/** CPU seconds of a process and of all it started, ended ones included. Linux only: 0 where there is no /proc. */
export function cpuSeconds(root: number): number {
  const all = new Map<number, ProcessTimes>();
  try {
    for (const name of readdirSync("/proc")) {
      const times = /^\d+$/.test(name) ? readTimes(name) : null;
      if (times !== null) all.set(Number(name), times);
    }
  } catch {
    return 0;
  }
  const sumOf = (pid: number): number => {
    const times = all.get(pid);
    if (times === undefined) return 0;
    const children = [...all].filter(([, one]) => one.parent === pid).map(([child]) => sumOf(child));
    return times.own + times.reaped + children.reduce((sum, one) => sum + one, 0);
  };
  return sumOf(root) / TICKS;
}

/** CPU seconds of a server, of an object storage, and of everything else that this process has started, both of which it started too. */
export function cpuByPart(serverPid: number, storagePid: number): { own: number; server: number; storage: number } {
  const [server, storage] = [cpuSeconds(serverPid), cpuSeconds(storagePid)];
  return { own: cpuSeconds(process.pid) - server - storage, server, storage };
}
