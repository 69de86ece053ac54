import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StoreQueue } from "../../../../functions/_shared/export/store_queue.ts";

/** A store whose calls end when they are told to. */
function heldStore() {
  const held = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  const queue = new StoreQueue((item: string) => new Promise<string>((resolve, reject) => {
    held.set(item, { resolve: () => resolve(`${item} stored`), reject });
  }));
  return { held, queue };
}

async function isOver(promise: Promise<unknown>): Promise<boolean> {
  return await Promise.race([promise.then(() => true), sleep(5, false)]);
}

describe("StoreQueue", () => {
  it("room() waits until no more bytes are on their way than allowed", async () => {
    const { held, queue } = heldStore();
    await queue.room(0);
    queue.add("a", 10);
    queue.add("b", 5);
    expect(queue.bytes).toBe(15);
    expect(await isOver(queue.room(15))).toBe(true);
    expect([queue.hasRoom(15), queue.hasRoom(14)]).toEqual([true, false]);
    const room = queue.room(9);
    expect(await isOver(room)).toBe(false);
    held.get("b")?.resolve();
    expect(await isOver(room)).toBe(false);
    held.get("a")?.resolve();
    await room;
    expect(queue.bytes).toBe(0);
  });

  it("room() waits for nothing to be on its way where there is less than none", async () => {
    const { held, queue } = heldStore();
    queue.add("a", 1);
    const room = queue.room(-5);
    expect(await isOver(room)).toBe(false);
    held.get("a")?.resolve();
    await room;
  });

  it("room() waits while six are on their way, however small", async () => {
    const { held, queue } = heldStore();
    for (const item of "abcdef") queue.add(item, 0);
    const room = queue.room(1_000);
    expect(await isOver(room)).toBe(false);
    held.get("c")?.resolve();
    await room;
  });

  it("settle() waits for all and keeps to the order in which they were added", async () => {
    const { held, queue } = heldStore();
    for (const item of "abc") queue.add(item, 1);
    const settled = queue.settle();
    for (const item of "cab") held.get(item)?.resolve();
    expect(await settled).toEqual(["a stored", "b stored", "c stored"]);
    expect(queue.failure).toBeUndefined();
  });

  it("settle() gives what was stored beside a failure, of which the first is kept", async () => {
    const { held, queue } = heldStore();
    for (const item of "abc") queue.add(item, 1);
    held.get("c")?.reject(new Error("first"));
    await sleep(1);
    held.get("a")?.reject(new Error("second"));
    held.get("b")?.resolve();
    expect(await queue.settle()).toEqual(["b stored"]);
    expect(queue.failure).toMatchObject({ item: "c", error: { message: "first" } });
    expect(queue.bytes).toBe(0);
  });

  it("StoreQueue never holds more than room() was asked for and the one that was added then, and loses none", async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.record({ bytes: fc.nat(100), ms: fc.nat(3) }), { maxLength: 20 }), fc.nat(150), async (items, limit) => {
      let running = 0;
      const queue = new StoreQueue(async (item: (typeof items)[number]) => {
        running++;
        await sleep(item.ms);
        running--;
        return item;
      });
      for (const item of items) {
        await queue.room(limit);
        expect(queue.bytes).toBeLessThanOrEqual(limit);
        expect(running).toBeLessThan(6);
        queue.add(item, item.bytes);
      }
      expect(await queue.settle()).toEqual(items);
    }), { numRuns: 25 });
  });
});
