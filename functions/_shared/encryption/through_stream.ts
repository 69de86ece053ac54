/** The pieces of the age format; input in such pieces is never queued up. */
const PIECE = 64 * 1024;

function inPieces(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.byteLength) controller.enqueue(bytes.subarray(at, at += PIECE));
      else controller.close();
    },
  });
}

/**
 * Sends bytes through a transformation whose result has a known size. The library's own way of handling a buffer holds the result
 * twice, which a function with 256 MB cannot afford beside rows and their compressed form.
 *
 * @throws what the transformation throws; nothing of its result is returned then.
 */
export async function throughStream(
  bytes: Uint8Array, transform: (input: ReadableStream<Uint8Array>) => Promise<ReadableStream<Uint8Array> & { size(of: number): number }>,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = await transform(inPieces(bytes));
  const result = new Uint8Array(stream.size(bytes.byteLength));
  const reader = stream.getReader();
  let at = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    result.set(next.value, at);
    at += next.value.byteLength;
  }
  return result.subarray(0, at);
}
