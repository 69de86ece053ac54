import { describe, expect, it } from "vitest";
import { readCompletedRun } from "../../../../functions/_shared/export/read_completed_run.ts";

const RUN = "20260101T000000Z-00000a";
const complete = {
  state: "complete", manifest_key: "x/manifest.json", rows: "9007199254740991", raw_bytes: "20", stored_bytes: "3",
  warnings: [{ code: "a", subject: "b", message: "c" }], failure_code: null, failure_message: null, failure_detail: null,
};
const failed = { ...complete, state: "failed", manifest_key: null, rows: null, raw_bytes: null, stored_bytes: null, failure_message: "why" };
const database = (...rows: unknown[]) => ({ query: async () => ({ rows }) });

describe("readCompletedRun()", () => {
  it("readCompletedRun() gives numbers, not text", async () => {
    expect(await readCompletedRun(database(complete), RUN)).toEqual({
      runId: RUN, manifestKey: "x/manifest.json", rows: 9007199254740991, rawBytes: 20, storedBytes: 3, warnings: complete.warnings });
  });

  it("readCompletedRun() throws what the run failed with", async () => {
    await expect(readCompletedRun(database({ ...failed, failure_code: "HF300", failure_detail: "the keeper died" }), RUN)).rejects.toMatchObject({
      code: "HF300", message: "why", detail: "the keeper died", hint: expect.stringContaining(RUN) });
  });

  it("readCompletedRun() throws HF307 with the SQLSTATE for a failure of the server", async () => {
    await expect(readCompletedRun(database({ ...failed, failure_code: "53100" }), RUN)).rejects.toMatchObject({ code: "HF307", detail: "SQLSTATE 53100" });
  });

  it("readCompletedRun() refuses a run that has not ended, and an unknown one with HF001", async () => {
    await expect(readCompletedRun(database({ ...failed, state: "exporting", failure_message: null }), RUN)).rejects.toMatchObject({
      code: "HF307", message: `Run ${RUN} did not complete`, detail: undefined });
    await expect(readCompletedRun(database(), RUN)).rejects.toMatchObject({ code: "HF001" });
  });
});
