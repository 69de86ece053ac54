/** Debian's libisal2. The 2 is the version of its binary interface, which the structure below belongs to. */
const LIBRARY = "libisal.so.2";

/** What isal_zstream takes, 82,384 bytes in version 2.30, and room for what a later one adds behind the fields used here. */
const STREAM_BYTES = 128 * 1024;

/** ISAL_DEF_LVL1_DEFAULT. */
const LEVEL_BUFFER_BYTES = 282_624;

const COMP_OK = 0;
const STATELESS_OVERFLOW = -1;

/** Memory of one text being compressed, for one at a time. */
export class IsalStream {
  readonly state = Buffer.alloc(STREAM_BYTES);
  readonly levelBuffer = new Uint8Array(LEVEL_BUFFER_BYTES);
  /** Where the result goes. */
  output = new Uint8Array();
}

/**
 * Compresses bytes to one gzip member at the start of the output of a stream. Returns its length, or null when there is no room for
 * it. Nothing may be done to bytes and stream until then.
 *
 * @param windowBits how far back it looks, as a power of two: 9 to 15
 * @throws {Error} when the library refuses
 */
export type IsalDeflate = (stream: IsalStream, bytes: Uint8Array, windowBits: number) => Promise<number | null>;

/**
 * Intel's ISA-L, called through koffi, an optional package.
 *
 * @param name of the library, as the system's loader looks for it
 * @throws {Error} when koffi is not installed, or the loader finds no such library, or it has other functions
 */
export async function openIsal(name = LIBRARY): Promise<IsalDeflate> {
  const { default: koffi } = await import("koffi");
  const library = koffi.load(name);
  const init = library.func("void isal_deflate_stateless_init(void *stream)");
  const deflate = library.func("int isal_deflate_stateless(void *stream)");
  // The fields of isal_zstream before its internal state, as igzip_lib.h has them.
  const fields = koffi.struct({
    next_in: "uintptr_t", avail_in: "uint32_t", total_in: "uint32_t",
    next_out: "uintptr_t", avail_out: "uint32_t", total_out: "uint32_t",
    hufftables: "uintptr_t", level: "uint32_t", level_buf_size: "uint32_t", level_buf: "uintptr_t",
    end_of_stream: "uint16_t", flush: "uint16_t", gzip_flag: "uint16_t", hist_bits: "uint16_t",
  });
  return async (stream, bytes, windowBits) => {
    init(stream.state);
    koffi.encode(stream.state, fields, {
      ...koffi.decode(stream.state, fields), // the Huffman tables are init's
      next_in: koffi.address(bytes), avail_in: bytes.byteLength,
      next_out: koffi.address(stream.output), avail_out: stream.output.byteLength,
      level: 1, level_buf: koffi.address(stream.levelBuffer), level_buf_size: stream.levelBuffer.byteLength,
      end_of_stream: 1, flush: 0, gzip_flag: 1, hist_bits: windowBits,
    });
    const code = await new Promise<number>((resolve, reject) => {
      deflate.async(stream.state, (error: unknown, result: number) => (error ? reject(error) : resolve(result)));
    });
    if (code === STATELESS_OVERFLOW) return null;
    // stream and bytes have to be looked at after the call: what nobody refers to may be collected, and the library has addresses only.
    const { total_in: read, total_out: written } = koffi.decode(stream.state, fields);
    if (code !== COMP_OK || read !== bytes.byteLength || written > stream.output.byteLength) throw new Error(`${name} failed with ${code}`);
    return written;
  };
}
