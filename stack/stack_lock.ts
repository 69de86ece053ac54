import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { HoldfastError } from "../functions/_shared/errors/holdfast_error.ts";
import { identifyProcess, isAlive } from "./processes/process_identity.ts";

const ownerSchema = z.object({ pid: z.number(), startedAt: z.string() });

/**
 * Makes this process the only stack of a directory; returns the function that gives it up. The file of an owner that
 * no longer runs is taken over.
 * @throws HF900 when another live process owns the directory
 */
export function lockStackDir(dir: string): () => void {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, "stack.pid");
  for (;;) {
    try {
      const handle = openSync(file, "wx");
      writeSync(handle, JSON.stringify(identifyProcess(process.pid)));
      closeSync(handle);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error) || error.code !== "EEXIST") throw error;
    }
    const owner = readOwner(file);
    if (owner !== undefined && isAlive(owner)) {
      throw new HoldfastError("HF900", "A stack is already running in this directory", {
        detail: `Process ${owner.pid} holds ${file}.`,
        hint: "Use that one, stop it with Ctrl-C, or start this one with another --dir.",
      });
    }
    rmSync(file, { force: true });
  }
}

function readOwner(file: string): z.infer<typeof ownerSchema> | undefined {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}
