import { setTimeout as sleep } from "node:timers/promises";
import { identifyProcess, isAlive, type ProcessIdentity } from "./process_identity.ts";

/** Sends a signal and waits; after the grace period the process is killed. Returns once it is gone. */
export async function stopProcess(identity: ProcessIdentity, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  sendSignal(identity, signal);
  while (isAlive(identity)) {
    if (Date.now() > deadline) sendSignal(identity, "SIGKILL");
    await sleep(20);
  }
}

function sendSignal(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (identifyProcess(identity.pid)?.startedAt !== identity.startedAt) return;
  try {
    process.kill(identity.pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}
