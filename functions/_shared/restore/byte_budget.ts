/** Bounds the bytes that several workers hold in memory at once. */
export class ByteBudget {
  readonly #limit: number;
  readonly #waiting: { bytes: number; grant: () => void }[] = [];
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves when this much may be held, in the order of asking. What exceeds the limit alone is granted alone. */
  take(bytes: number): Promise<void> {
    return new Promise((grant) => {
      this.#waiting.push({ bytes, grant });
      this.#grant();
    });
  }

  give(bytes: number): void {
    this.#used -= bytes;
    this.#grant();
  }

  #grant(): void {
    for (let next = this.#waiting[0]; next !== undefined && (this.#used === 0 || this.#used + next.bytes <= this.#limit); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#used += next.bytes;
      next.grant();
    }
  }
}
