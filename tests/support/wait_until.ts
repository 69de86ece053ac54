import { setTimeout as sleep } from "node:timers/promises";

/** Waits until the condition holds; fails loudly when it does not in time. */
export async function waitUntil(condition: () => Promise<boolean> | boolean, timeoutMs = 8_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; !(await condition());) {
    if (Date.now() > end) throw new Error(`The condition did not come true within ${timeoutMs} ms`);
    await sleep(25);
  }
}
