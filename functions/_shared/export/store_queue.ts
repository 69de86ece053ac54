/** More at a time cost memory and gain nothing: the cost of a small object is the round trip. */
const PARALLEL = 6;

/** What could not be stored, and why. */
export interface StoreFailure<Item> {
  item: Item;
  error: unknown;
}

/** Stores one thing while the next one is read, a few at a time, and knows how many bytes wait for it. */
export class StoreQueue<Item, Result> {
  readonly #store: (item: Item) => Promise<Result>;
  readonly #running = new Set<Promise<void>>();
  readonly #results: (Result | undefined)[] = [];
  #bytes = 0;
  #failure: StoreFailure<Item> | undefined;

  constructor(store: (item: Item) => Promise<Result>) {
    this.#store = store;
  }

  /** Bytes of what has been added and is not stored yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The first one there was. Whoever sees it had better add nothing more. */
  get failure(): StoreFailure<Item> | undefined {
    return this.#failure;
  }

  /** Whether another one may be added and at most `maxBytes` still wait. */
  hasRoom(maxBytes: number): boolean {
    return this.#running.size < PARALLEL && this.#bytes <= Math.max(0, maxBytes);
  }

  /** Waits until there is room; never rejects. */
  async room(maxBytes: number): Promise<void> {
    while (!this.hasRoom(maxBytes)) await Promise.race(this.#running);
  }

  add(item: Item, bytes: number): void {
    const place = this.#results.push(undefined) - 1;
    this.#bytes += bytes;
    const running = this.#store(item).then(
      (result) => {
        this.#results[place] = result;
      },
      (error: unknown) => {
        this.#failure ??= { item, error };
      },
    ).finally(() => {
      this.#bytes -= bytes;
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  /** What was stored, in the order it was added, when nothing runs any more. Never rejects: see `failure`. */
  async settle(): Promise<Result[]> {
    while (this.#running.size > 0) await Promise.race(this.#running);
    return this.#results.filter((one): one is Result => one !== undefined);
  }
}
