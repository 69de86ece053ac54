import { describe, expect, it } from "vitest";
import type { CommandContext } from "../../cli/command_context.ts";
import { describeThawProgress, reportAsked, thawFirst, thawJson } from "../../cli/thaw_first.ts";
import type { ThawStorage } from "../../functions/_shared/restore/ask_for_thaw.ts";

const cold = (key: string) => ({ key, bytes: 1024, storageClass: "GLACIER" });
const REQUEST = { tier: "Standard", days: 3, wait: true } as const;

function world(json = false) {
  const said: string[] = [];
  const asked: string[] = [];
  const context = {
    options: { json }, note: (text: string) => said.push(text), print: (text: string) => said.push(text), printJson: (value: unknown) => said.push(JSON.stringify(value)),
    withProgress: (_label: string, task: (update: (text: string) => void) => Promise<unknown>) => task((text) => said.push(`… ${text}`)),
  } as unknown as CommandContext;
  const s3 = { restoreObject: (key: string) => (asked.push(key), Promise.resolve("asked")), headObject: () => Promise.resolve({ thaw: { ongoing: false, expiresAt: null } }) } as unknown as ThawStorage;
  return { context, s3, said, asked };
}

describe("thawFirst()", () => {
  it("thawFirst() thaws stage by stage, each after the one before can be read", async () => {
    const { context, s3, said, asked } = world();
    const stages = [async () => [cold("manifest")], async () => {
      expect(asked).toEqual(["manifest"]);
      return [cold("a"), cold("b")];
    }];
    expect(await thawFirst(context, s3, REQUEST, stages)).toMatchObject({ readable: true, objects: 3, bytes: 3072, pendingObjects: 0, seconds: expect.any(Number) });
    expect(asked).toEqual(["manifest", "a", "b"]);
    expect(said).toContain("Asked for 2 objects (2.0 KiB) in GLACIER with tier Standard, which usually takes 3 to 5 hours.");
    expect(said).toContain("… Thawing: 0 of 2 objects, 0 B of 2.0 KiB, for 0 s; usually 3 to 5 hours");
  });

  it("thawFirst() ends with the first stage that has to be waited for, when nobody waits", async () => {
    const { context, s3 } = world();
    const stages = [async () => [cold("a")], () => Promise.reject(new Error("nothing can be told yet"))];
    expect(await thawFirst(context, s3, { ...REQUEST, wait: false }, stages)).toMatchObject({ readable: false, objects: 1, pendingObjects: 1, pendingBytes: 1024, usual: { mostSeconds: 18_000 } });
  });

  it("thawFirst() takes no time where nothing is frozen", async () => {
    const { context, s3, said } = world();
    const thawed = await thawFirst(context, s3, REQUEST, [async () => []]);
    expect([thawed.readable, thawed.seconds, said, thawJson(thawed, REQUEST)]).toEqual([true, 0, [], null]);
  });
});

describe("reportAsked()", () => {
  const THAWED = { readable: false, objects: 2, bytes: 2048, pendingObjects: 1, pendingBytes: 1024, usual: { leastSeconds: 10_800, mostSeconds: 18_000 }, seconds: 0.12345 };
  it("reportAsked() says when to come back, with an exit code of its own", () => {
    const { context, said } = world();
    expect(reportAsked(context, "r1", THAWED, REQUEST)).toBe(12);
    expect(said).toEqual(["Run r1: 1 object (1.0 KiB) being thawed. Usually they are there after 3 to 5 hours. Call the same again then; nothing was written."]);
  });

  it("reportAsked() says it as JSON", () => {
    const { context, said } = world(true);
    reportAsked(context, "r1", THAWED, REQUEST);
    expect(JSON.parse(said[0] ?? "")).toEqual({ run_id: "r1", thaw: { objects: 2, bytes: 2048, pending_objects: 1, pending_bytes: 1024, tier: "Standard", days: 3, usual_seconds: 18_000, seconds: 0.123 } });
  });
});

describe("describeThawProgress()", () => {
  it("describeThawProgress() says how much of it, for how long, and how long it usually takes", () => {
    expect(describeThawProgress({ objects: 12, bytes: 4096, readyObjects: 3, readyBytes: 1024, elapsedSeconds: 7_260 }, null)).toBe("Thawing: 3 of 12 objects, 1.0 KiB of 4.0 KiB, for 2 h 1 min");
  });
});
