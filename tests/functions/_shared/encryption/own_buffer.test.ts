import { expect, it } from "vitest";
import { ownBuffer } from "../../../../functions/_shared/encryption/own_buffer.ts";

it("ownBuffer() gives a view of the same memory, and copies shared memory only", () => {
  const bytes = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
  expect([...ownBuffer(bytes)]).toEqual([2, 3]);
  expect(ownBuffer(bytes).buffer).toBe(bytes.buffer);
  const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(7);
  expect([...ownBuffer(shared)]).toEqual([7, 7, 7, 7]);
  expect(ownBuffer(shared).buffer).toBeInstanceOf(ArrayBuffer);
});
