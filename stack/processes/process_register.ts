import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { identifyProcess, isAlive, type ProcessIdentity } from "./process_identity.ts";
import { stopProcess } from "./stop_process.ts";

const entrySchema = z.object({ pid: z.number(), startedAt: z.string(), name: z.string() });

/**
 * Pid files of everything a stack started, so that the next start can clear what a SIGKILLed parent left behind.
 * An entry is one small file: there is no shared index that a crash could leave half written.
 */
export class ProcessRegister {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true });
  }

  /** Records a started process; forget it with the returned function once it has ended. */
  add(name: string, pid: number): () => void {
    const identity = identifyProcess(pid);
    if (identity === undefined) return () => {};
    const file = join(this.#dir, `${name}-${pid}.json`);
    writeFileSync(file, JSON.stringify({ ...identity, name }));
    return () => rmSync(file, { force: true });
  }

  /** The live process registered under this name, if any. */
  find(name: string): ProcessIdentity | undefined {
    return this.#entries().find((entry) => entry.name === name && isAlive(entry));
  }

  /** Stops every registered process that is still the one it was, and clears the register. */
  async stopAll(): Promise<string[]> {
    const live = this.#entries().filter((entry) => isAlive(entry));
    // Fast shutdown is SIGINT for PostgreSQL; the others have nothing to save.
    await Promise.all(live.map((entry) =>
      stopProcess(entry, entry.name === "postgres" ? "SIGINT" : "SIGKILL", 5_000)
    ));
    for (const file of readdirSync(this.#dir)) rmSync(join(this.#dir, file), { force: true });
    return live.map((entry) => `${entry.name} (pid ${entry.pid})`);
  }

  #entries(): z.infer<typeof entrySchema>[] {
    return readdirSync(this.#dir).flatMap((file) => {
      try {
        return [entrySchema.parse(JSON.parse(readFileSync(join(this.#dir, file), "utf8")))];
      } catch {
        return []; // A file cut short by a crash names nobody.
      }
    });
  }
}
