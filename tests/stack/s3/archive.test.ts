import { describe, expect, it } from "vitest";
import { describeThaw, refuseFrozen, requestThaw } from "../../../stack/s3/archive.ts";
import type { ObjectVersion } from "../../../stack/s3/object_store.ts";

const NOW = Date.UTC(2026, 0, 1);
const SETTINGS = { thawMs: 1_000, dayMs: 60_000 };
const version = (storageClass: string, more: Partial<ObjectVersion> = {}): ObjectVersion => ({
  key: "k", versionId: "null", isDeleteMarker: false, bytes: 1, etag: "e", lastModified: new Date(NOW).toISOString(), tagCount: 0, lock: null, segments: [],
  headers: storageClass === "STANDARD" ? {} : { "x-amz-storage-class": storageClass }, ...more });
const asking = (days: number, tier?: string): string =>
  `<RestoreRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Days>${days}</Days>${tier === undefined ? "" : `<GlacierJobParameters><Tier>${tier}</Tier></GlacierJobParameters>`}</RestoreRequest>`;
const code = (value: string) => expect.objectContaining({ code: value });

describe("refuseFrozen()", () => {
  it("refuseFrozen() refuses an archived object until it is thawed and after it has expired, and no other", () => {
    for (const name of ["STANDARD", "STANDARD_IA", "GLACIER_IR"]) expect(() => refuseFrozen(version(name), NOW)).not.toThrow();
    const cold = version("GLACIER");
    expect(() => refuseFrozen(cold, NOW)).toThrow(code("InvalidObjectState"));
    const { thaw } = requestThaw(cold, asking(2), SETTINGS, NOW);
    const thawed = version("GLACIER", { thaw });
    expect(() => refuseFrozen(thawed, NOW + 999)).toThrow(code("InvalidObjectState"));
    expect(() => refuseFrozen(thawed, NOW + 1_000)).not.toThrow();
    expect(() => refuseFrozen(thawed, NOW + 121_000)).toThrow(code("InvalidObjectState"));
  });
});

describe("describeThaw()", () => {
  it("describeThaw() says nothing, that it goes on, and until when there is a copy", () => {
    const thawed = version("DEEP_ARCHIVE", requestThaw(version("DEEP_ARCHIVE"), asking(1), SETTINGS, NOW));
    expect(describeThaw(version("DEEP_ARCHIVE"), NOW)).toEqual({});
    expect(describeThaw(thawed, NOW + 1)).toEqual({ "x-amz-restore": 'ongoing-request="true"' });
    expect(describeThaw(thawed, NOW + 2_000)).toEqual({ "x-amz-restore": 'ongoing-request="false", expiry-date="Thu, 01 Jan 2026 00:01:01 GMT"' });
    expect(describeThaw(thawed, NOW + 61_000)).toEqual({});
  });
});

describe("requestThaw()", () => {
  it("requestThaw() begins with 202, refuses while it goes on, and then lengthens with 200", () => {
    const first = requestThaw(version("GLACIER"), asking(1, "Expedited"), SETTINGS, NOW);
    expect(first.status).toBe(202);
    const going = version("GLACIER", { thaw: first.thaw });
    expect(() => requestThaw(going, asking(1), SETTINGS, NOW + 500)).toThrow(code("RestoreAlreadyInProgress"));
    expect(requestThaw(going, asking(3), SETTINGS, NOW + 2_000)).toEqual({ status: 200, thaw: { readyAt: first.thaw.readyAt, expiresAt: new Date(NOW + 182_000).toISOString() } });
    expect(requestThaw(going, asking(1), SETTINGS, NOW + 61_000).status).toBe(202);
  });

  it.each([
    ["InvalidObjectState", "STANDARD", asking(1)],
    ["InvalidArgument", "GLACIER", asking(0)],
    ["InvalidArgument", "DEEP_ARCHIVE", asking(1, "Expedited")],
    ["MalformedXML", "GLACIER", asking(1, "Fast")],
    ["MalformedXML", "GLACIER", "<Days>1</Days>"],
  ])("requestThaw() refuses with %s an object in %s asked for with %s", (expected, storageClass, xml) => {
    expect(() => requestThaw(version(storageClass), xml, SETTINGS, NOW)).toThrow(code(expected));
  });
});
