/** Of malloc.h. */
const M_MMAP_THRESHOLD = -3;

/** Smaller than the chunks of rows, larger than what becomes of them: asking the system for all of that costs 10 % of the CPU time. */
const LARGE_BYTES = 4 * 1024 * 1024;

/**
 * Has glibc give memory of large buffers back when they are freed. By itself it keeps what it has seen freed once, up to 32 MiB a
 * piece, and with buffers of many sizes the holes add up: 20 to 30 MB of an export's peak, for 4 % of the command's CPU time.
 * For commands that rows pass through: the others need not load koffi for it.
 * False where koffi is not installed or the C library is another one.
 */
export async function returnMemory(): Promise<boolean> {
  try {
    const { default: koffi } = await import("koffi");
    const mallopt = koffi.load("libc.so.6").func("int mallopt(int param, int value)");
    return mallopt(M_MMAP_THRESHOLD, LARGE_BYTES) === 1;
  } catch {
    return false;
  }
}
