import { describe, expect, it } from "vitest";
import { CopyBuffer } from "../../../../functions/_shared/export/copy_buffer.ts";

describe("CopyBuffer", () => {
  it("take() returns the whole memory behind what was given back, to one user at a time", () => {
    const buffers = new CopyBuffer();
    expect(buffers.take()).toBeUndefined();
    const memory = new Uint8Array(1000);
    buffers.giveBack(memory.subarray(0, 10));
    const taken = buffers.take();
    expect(taken?.buffer).toBe(memory.buffer);
    expect(taken).toHaveLength(1000);
    expect(buffers.take()).toBeUndefined();
  });

  it("giveBack() keeps the larger one of two, and none that a usual chunk has no use for", () => {
    const buffers = new CopyBuffer();
    buffers.giveBack(new Uint8Array(2000));
    buffers.giveBack(new Uint8Array(10));
    expect(buffers.take()).toHaveLength(2000);
    buffers.giveBack(new Uint8Array(16 * 1024 * 1024 + 1));
    expect(buffers.take()).toBeUndefined();
  });
});
