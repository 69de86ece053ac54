/** More than a usual chunk needs; a larger buffer would hold memory that a later chunk has no use for. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

/**
 * The memory that a worker copies one chunk after another into. New memory for every chunk makes the collector run for every
 * few of them, a seventh of the CPU of the command.
 */
export class CopyBuffer {
  #spare: Uint8Array | undefined;

  /** What was given back, for one user at a time; undefined when there is nothing. */
  take(): Uint8Array | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare;
  }

  /** Nobody may read `bytes`, or any other view of its memory, from now on. */
  giveBack({ buffer }: Uint8Array): void {
    if (buffer.byteLength > MAX_KEPT_BYTES || buffer.byteLength <= (this.#spare?.byteLength ?? 0)) return;
    this.#spare = new Uint8Array(buffer);
  }
}
