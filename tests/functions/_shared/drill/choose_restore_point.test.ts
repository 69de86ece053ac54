import { describe, expect, it } from "vitest";
import { chooseRestorePoint, runTime } from "../../../../functions/_shared/drill/choose_restore_point.ts";
import type { ListedBackup } from "../../../../functions/_shared/restore/backup_source.ts";

const backup = (runId: string, proofs = 0): ListedBackup =>
  ({ project: "p", runId, prefix: `p/runs/${runId}/`, manifestKey: `p/runs/${runId}/manifest.json`, proofKeys: Array.from({ length: proofs }, (_, n) => `${n}`), archived: false });
const NEW = backup("20261120T000000Z-aaaaaa");
const OLD = backup("20261001T120000Z-bbbbbb");
const ANCIENT = backup("20250101T000000Z-cccccc");
const options = { windowDays: 90, now: new Date("2026-11-24T00:00:00Z"), random: 0 };

describe("runTime()", () => {
  it("runTime() reads the time of a run from its id", () => {
    expect(runTime("20261001T120304Z-bbbbbb").toISOString()).toBe("2026-10-01T12:03:04.000Z");
  });
});

describe("chooseRestorePoint()", () => {
  it("chooseRestorePoint() takes any within the window and none beyond it", () => {
    const all = [NEW, OLD, ANCIENT];
    const chosen = new Set([0, 0.3, 0.6, 0.999].map((random) => chooseRestorePoint(all, { ...options, random }).runId));
    expect([...chosen].sort()).toEqual([OLD.runId, NEW.runId]);
  });
  it("chooseRestorePoint() takes one that was tried least", () => {
    for (const random of [0, 0.999]) expect(chooseRestorePoint([{ ...NEW, proofKeys: ["x"] }, OLD], { ...options, random }).runId).toBe(OLD.runId);
  });
  it("chooseRestorePoint() leaves out what is archived, and says so where there is nothing else", () => {
    const archived = { ...NEW, archived: true };
    for (const random of [0, 0.999]) expect(chooseRestorePoint([archived, { ...OLD, proofKeys: ["x"] }], { ...options, random }).runId).toBe(OLD.runId);
    expect(() => chooseRestorePoint([archived], options)).toThrow(expect.objectContaining({ code: "HF603", hint: expect.stringContaining("--thaw") }));
  });
  it("chooseRestorePoint() rejects a window without any with HF500", () => {
    expect(() => chooseRestorePoint([ANCIENT], options)).toThrow(expect.objectContaining({ code: "HF500", message: expect.stringContaining("90 days") }));
    expect(() => chooseRestorePoint([], options)).toThrow(expect.objectContaining({ code: "HF500" }));
  });
});
