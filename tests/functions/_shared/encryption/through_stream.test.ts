import { expect, it } from "vitest";
import { throughStream } from "../../../../functions/_shared/encryption/through_stream.ts";

/** Adds a byte at the end, and says so. */
const withTail = (input: ReadableStream<Uint8Array>) => Promise.resolve(Object.assign(
  input.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({ flush: (controller) => controller.enqueue(Uint8Array.of(7)) })), { size: (of: number) => of + 1 }));

it("throughStream() gives back everything that came out, whatever the size", async () => {
  for (const size of [0, 1, 65_535, 65_536, 65_537, 200_000]) {
    const bytes = Uint8Array.from({ length: size }, (_, at) => at & 255);
    expect(Buffer.compare(await throughStream(bytes, withTail), Uint8Array.from([...bytes, 7])), String(size)).toBe(0);
  }
});

it("throughStream() hands input over piece by piece, so that it is not queued up", async () => {
  const sizes: number[] = [];
  await throughStream(new Uint8Array(150_000), (input) => Promise.resolve(Object.assign(
    input.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({ transform: (piece, controller) => { sizes.push(piece.byteLength); controller.enqueue(piece); } })), { size: (of: number) => of })));
  expect(sizes).toEqual([65_536, 65_536, 18_928]);
});

it("throughStream() throws what the transformation throws", async () => {
  await expect(throughStream(new Uint8Array(10), (input) => Promise.resolve(Object.assign(
    input.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({ flush: () => { throw new Error("damaged"); } })), { size: (of: number) => of })))).rejects.toThrow("damaged");
});
