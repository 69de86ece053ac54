import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Isolate } from "../../../stack/functions/isolate.ts";
import { identifyProcess } from "../../../stack/processes/process_identity.ts";
import { isolateOptions } from "../../support/isolate_options.ts";

describe("Isolate", () => {
  let made: Awaited<ReturnType<typeof isolateOptions>>;
  beforeAll(async () => {
    made = await isolateOptions();
  });
  afterAll(() => made.clear());

  it("Isolate boots, serves, bills the function and not the start of Deno, and ends with its process", async () => {
    const isolate = new Isolate({ ...made.options, slug: "echo" });
    const port = await isolate.booted;
    expect((await fetch(`http://127.0.0.1:${port}/echo`)).status).toBe(200);
    isolate.sample();
    expect(isolate.usage.cpuMs).toBeGreaterThan(0);
    expect(isolate.usage.cpuMs).toBeLessThan(500);
    expect(isolate.retired).toBe(false);
    await isolate.retire("termination");
    expect(isolate.exited).toBe(true);
    expect(identifyProcess(isolate.pid ?? 0)).toBeUndefined();
  });

  it("Isolate reports a failed boot as undefined, and kill() ends it once", async () => {
    const isolate = new Isolate({ ...made.options, slug: "boot_failure" });
    expect(await isolate.booted).toBeUndefined();
    const exit = once(isolate, "exit");
    isolate.kill("killed");
    isolate.kill("cpu");
    await exit;
    expect(isolate.killReason).toBe("killed");
    expect(isolate.retired).toBe(true);
  });
});
