import { describe, expect, it } from "vitest";
import { StorageContext } from "../../../../functions/_shared/doctor/storage_context.ts";
import type { StorageWants } from "../../../../functions/_shared/doctor/storage_wants.ts";

const ENV = { HOLDFAST_S3_ENDPOINT: "https://s3.test", HOLDFAST_S3_BUCKET: "backups", HOLDFAST_S3_ACCESS_KEY_ID: "id", HOLDFAST_S3_SECRET_ACCESS_KEY: "secret" };
const WANTS: StorageWants = { project: "clinic", objectLock: null, deletes: false, classes: [], enabled: true };
const context = (wants: StorageWants | null, more: Partial<ConstructorParameters<typeof StorageContext>[0]> = {}) =>
  new StorageContext({ env: ENV, where: "machine", wants: () => Promise.resolve(wants), ...more });

describe("StorageContext", () => {
  it("StorageContext.probeKey() lies in the folder of the project, beside its runs, and is new each time", async () => {
    const one = context(WANTS);
    expect(await one.probeKey()).toMatch(/^holdfast\/clinic\/probes\/[0-9a-f-]{36}$/);
    expect(await one.probeKey("-x")).toBe(`${await one.probeKey()}-x`);
    expect(await context(null).probeKey()).toMatch(/^holdfast\/probes\//);
    expect(await context(WANTS).probeKey()).not.toBe(await one.probeKey());
  });

  it("StorageContext.set() names the command by where the variables were read", () => {
    expect(context(null).set("A", "B")).toBe("export A=… B=…");
    expect(context(null, { where: "functions" }).set("A")).toBe("supabase secrets set A=…");
  });

  it("StorageContext.firstLook() asks once, signed, and unwraps what may pass", async () => {
    let asked = 0;
    const answering = context(WANTS, { fetch: (_, init) => {
      asked += new Headers(init?.headers).has("authorization") ? 1 : 100;
      return Promise.resolve(new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 }));
    } });
    expect((await answering.firstLook()).failure?.code).toBe("AccessDenied");
    await answering.firstLook();
    expect(asked).toBe(1);
    await expect(context(WANTS, { fetch: () => Promise.reject(new TypeError("x")) }).firstLook()).rejects.toMatchObject({ code: "HF203" });
  });
});
