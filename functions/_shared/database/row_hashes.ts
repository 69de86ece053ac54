const TAB = 0x09;
const NEWLINE = 0x0a;
const MINUS = 0x2d;
const ZERO = 0x30;

/** A 64-bit number has up to 19 digits, more than a double holds: it is summed as two halves. */
const LOW_DIGITS = 9;
const LOW_BASE = 10n ** BigInt(LOW_DIGITS);
const POWERS = Array.from({ length: 11 }, (_, exponent) => 10 ** exponent);

/** Rows until the halves are carried over: a hundred thousand halves of ten digits stay exact in a double. */
const CARRY_AFTER = 100_000;

/** Takes the last column, a signed 64-bit number, off rows of COPY text and adds it up, exactly and without a big number per row. */
export class RowHashes {
  #total = 0n;
  #high = 0;
  #low = 0;
  #rows = 0;

  get sum(): bigint {
    this.#carry();
    return this.#total;
  }

  /**
   * Cuts the row between `start` and `end`, its newline included, in place. Returns where it ends now.
   *
   * @throws {RangeError} when it does not end with a number and a newline
   */
  take(buffer: Uint8Array, start: number, end: number): number {
    let at = end - 2;
    let high = 0;
    let low = 0;
    let digits = 0;
    for (; at >= start; at--, digits++) {
      const digit = (buffer[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      if (digits < LOW_DIGITS) low += digit * (POWERS[digits] ?? NaN);
      else high += digit * (POWERS[digits - LOW_DIGITS] ?? NaN);
    }
    const negative = at >= start && buffer[at] === MINUS;
    if (negative) at--;
    // A table without columns has the number only, and no separator before it.
    if (digits === 0 || digits > 19 || buffer[end - 1] !== NEWLINE || (at >= start && buffer[at] !== TAB)) {
      throw new RangeError("Row does not end with its hash");
    }
    this.#high += negative ? -high : high;
    this.#low += negative ? -low : low;
    if (++this.#rows >= CARRY_AFTER) this.#carry();
    const cut = Math.max(at, start);
    buffer[cut] = NEWLINE;
    return cut + 1;
  }

  #carry(): void {
    this.#total += BigInt(this.#high) * LOW_BASE + BigInt(this.#low);
    this.#high = this.#low = this.#rows = 0;
  }
}
