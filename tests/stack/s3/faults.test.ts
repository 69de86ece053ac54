import { describe, expect, test } from "vitest";
import { createFaults, parseFaultRule } from "../../../stack/s3/faults.ts";

describe("createFaults()", () => {
  test("take() hits the n-th matching request, as often as told", () => {
    const faults = createFaults();
    faults.add({ kind: "reset", method: "PUT", key: "^data/", skip: 1, times: 2 });
    const take = (method: string, key: string): boolean => faults.take(method, key) !== null;
    expect([take("GET", "data/a"), take("PUT", "other"), take("PUT", "data/a"), take("PUT", "data/b"), take("PUT", "data/c"), take("PUT", "data/d")]).toEqual([false, false, false, true, true, false]);
    expect(faults.list()).toMatchObject([{ seen: 3, hits: 2 }]);
  });

  test("take() hits once by default, for ever with times 0, and follows the order of the rules", () => {
    const faults = createFaults();
    faults.add({ kind: "reset" });
    faults.add({ kind: "lost", times: 0 });
    expect([1, 2, 3].map(() => faults.take("PUT", "a")?.kind)).toEqual(["reset", "lost", "lost"]);
    faults.clear();
    expect(faults.take("PUT", "a")).toBeNull();
  });

  test("take() never hits with probability 0, and passes the request on to the next rule", () => {
    const faults = createFaults();
    faults.add({ kind: "reset", probability: 0 });
    faults.add({ kind: "lost" });
    expect(faults.take("PUT", "a")?.kind).toBe("lost");
  });
});

describe("parseFaultRule()", () => {
  test("parseFaultRule() reads every field", () => {
    const rule = { kind: "status", method: "PUT", key: "a.*", skip: 1, times: 0, probability: 0.5, status: 503, code: "SlowDown", retryAfter: 2, delayMs: 1, bytesPerSecond: 9 };
    expect(parseFaultRule(rule)).toEqual(rule);
  });
  test.each([null, "reset", {}, { kind: "explode" }, { kind: "reset", times: "2" }, { kind: "reset", typo: 1 }])("parseFaultRule() refuses %j", (value) => {
    expect(() => parseFaultRule(value)).toThrow(TypeError);
  });
  test("parseFaultRule() refuses a key that is no regular expression", () => {
    expect(() => parseFaultRule({ kind: "reset", key: "(" })).toThrow(SyntaxError);
  });
});
