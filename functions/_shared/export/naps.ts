/** Waiting between two questions to the ledger, which whoever in this process knows the answer has changed can end. */
export class Naps {
  readonly #sleepers = new Map<() => void, ReturnType<typeof setTimeout>>();

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#sleepers.delete(end);
        resolve();
      };
      this.#sleepers.set(end, setTimeout(end, ms));
    });
  }

  /** Ends all naps there are; later ones are not shortened. */
  wake(): void {
    for (const [end, timer] of [...this.#sleepers]) {
      clearTimeout(timer);
      end();
    }
  }
}
