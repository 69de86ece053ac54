import { setTimeout as sleep } from "node:timers/promises";

/** Waiting between two questions to the ledger, which whoever in this process knows the answer has changed can end. */
export class Naps {
  #current = new AbortController();

  async sleep(ms: number): Promise<void> {
    const { signal } = this.#current;
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }

  /** Ends all naps there are; later ones are not shortened. */
  wake(): void {
    this.#current.abort();
    this.#current = new AbortController();
  }
}
