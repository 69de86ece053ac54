import { describe, expect, it, vi } from "vitest";
import { Naps } from "../../../../functions/_shared/export/naps.ts";

const LONG = 60_000;

describe("Naps", () => {
  it("sleep() lasts as long as it is asked to when nobody wakes it", async () => {
    const started = performance.now();
    await new Naps().sleep(30);
    expect(performance.now() - started).toBeGreaterThanOrEqual(25);
  });

  it("wake() ends every nap there is, and shortens none that begins later", async () => {
    const naps = new Naps();
    const warned = vi.fn();
    process.on("warning", warned);
    const all = Array.from({ length: 32 }, () => naps.sleep(LONG)); // as many as there may be workers, and more
    naps.wake();
    await Promise.all(all);
    let ended = false;
    const later = naps.sleep(LONG).then(() => { ended = true; });
    await new Promise((resolve) => { setTimeout(resolve, 20); });
    expect(ended).toBe(false);
    naps.wake();
    await later;
    process.off("warning", warned);
    expect(warned).not.toHaveBeenCalled();
  });
});
