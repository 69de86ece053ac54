import { Isolate, type IsolateOptions } from "./isolate.ts";

export type IsolatePoolOptions = Omit<IsolateOptions, "slug"> & {
  /** Isolates alive at the same time; a request beyond them waits its turn. */
  maxIsolates: number;
};

/** How often limits are checked. A loop that burns CPU overshoots by at most this much. */
const SAMPLE_MS = 25;

/** Hands out isolates: an idle one of the same function, else a new one, else a place in the queue. */
export class IsolatePool {
  readonly #options: IsolatePoolOptions;
  readonly #isolates = new Set<Isolate>();
  readonly #waiting: (() => void)[] = [];
  readonly #sampler: NodeJS.Timeout;
  #closed = false;

  constructor(options: IsolatePoolOptions) {
    this.#options = options;
    this.#sampler = setInterval(() => this.#sampleAll(), SAMPLE_MS);
    this.#sampler.unref();
  }

  /** An isolate that is this caller's alone until release(). Undefined once the pool is closed. */
  async acquire(slug: string): Promise<Isolate | undefined> {
    for (;;) {
      if (this.#closed) return undefined;
      const idle = [...this.#isolates].find((isolate) => isolate.slug === slug && !isolate.busy && !isolate.retired);
      if (idle !== undefined) {
        idle.busy = true;
        return idle;
      }
      if (this.#isolates.size < this.#options.maxIsolates) return this.#create(slug);
      // A sleeping isolate of another function makes room before anybody has to wait.
      const spare = [...this.#isolates].find((isolate) => !isolate.busy);
      if (spare === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve));
      else await spare.retire("early_drop");
    }
  }

  /** Gives an isolate back after its invocation, background work included. */
  release(isolate: Isolate): void {
    isolate.busy = false;
    if (isolate.retired) void isolate.retire("early_drop");
    this.#waiting.shift()?.();
  }

  /** SIGKILL for the isolates of a function, or for all. Returns how many. */
  kill(slug?: string): number {
    const victims = [...this.#isolates].filter((isolate) => slug === undefined || isolate.slug === slug);
    for (const isolate of victims) isolate.kill("killed");
    return victims.length;
  }

  /** Ends every isolate and turns away whoever waits. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sampler);
    for (const resolve of this.#waiting.splice(0)) resolve();
    await Promise.all([...this.#isolates].map((isolate) => isolate.retire("termination")));
  }

  #create(slug: string): Isolate {
    const isolate = new Isolate({ ...this.#options, slug });
    this.#isolates.add(isolate);
    isolate.once("exit", () => {
      this.#isolates.delete(isolate);
      this.#waiting.shift()?.();
    });
    return isolate;
  }

  #sampleAll(): void {
    for (const isolate of this.#isolates) {
      isolate.sample();
      if (!isolate.busy && isolate.retired && isolate.killReason === undefined) void isolate.retire("early_drop");
    }
  }
}
