import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../stack/free_port.ts";
import type { Invocation } from "../../../stack/functions/invocation.ts";
import { type FunctionsHost, startFunctions } from "../../../stack/functions/start_functions.ts";
import { ProcessRegister } from "../../../stack/processes/process_register.ts";
import { REPO_ROOT } from "../../../stack/repo_root.ts";

describe("startFunctions()", () => {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-functions-"));
  const log: string[] = [];
  const hosts: FunctionsHost[] = [];
  let host: FunctionsHost;

  async function start(options: Partial<Parameters<typeof startFunctions>[0]> = {}): Promise<FunctionsHost> {
    const started = await startFunctions({
      functionsDir: join(REPO_ROOT, "tests", "fixtures", "functions"),
      host: "127.0.0.1",
      port: await freePort("127.0.0.1", 57_000 + process.pid % 500),
      env: { SUPABASE_URL: "http://127.0.0.1", MY_SECRET: "s" },
      register: new ProcessRegister(join(dir, "pids")),
      invocationsFile: join(dir, "invocations.jsonl"),
      onLog: (line) => log.push(line),
      ...options,
    });
    hosts.push(started);
    return started;
  }

  function nextInvocation(of: FunctionsHost): Promise<Invocation> {
    return new Promise((resolve) => {
      const stop = of.onInvocation((invocation) => {
        stop();
        resolve(invocation);
      });
    });
  }

  beforeAll(async () => {
    host = await start();
  });
  afterAll(async () => {
    await Promise.all(hosts.map((each) => each.stop()));
    rmSync(dir, { recursive: true, force: true });
  });

  it("passes method, path, query, headers and body on, and the status back", async () => {
    const billed = nextInvocation(host);
    const response = await fetch(`${host.url}/echo/sub/path?status=418&a=b`, { method: "POST", body: "hello", headers: { apikey: "k" } });
    expect(response.status).toBe(418);
    expect(await response.json()).toEqual({ method: "POST", path: "/echo/sub/path?status=418&a=b", body: "hello", apikey: "k" });
    const invocation = await billed;
    expect(invocation).toMatchObject({ slug: "echo", status: 418, outcome: "ok" });
    expect(invocation.cpuMs).toBeGreaterThan(0);
    expect(invocation.peakMb).toBeGreaterThan(20);
    const lines = readFileSync(join(dir, "invocations.jsonl"), "utf8").trim().split("\n");
    expect(lines.map((line): unknown => JSON.parse(line))).toContainEqual(invocation);
  });

  it("answers 404 for a function that does not exist", async () => {
    expect((await fetch(`${host.url}/nobody`)).status).toBe(404);
  });

  it("kills a function that burns CPU beyond the hosted limit and answers 546", async () => {
    const billed = nextInvocation(host);
    const response = await fetch(`${host.url}/burn_cpu?ms=20000`);
    expect(response.status).toBe(546);
    expect(await response.json()).toMatchObject({ code: "WORKER_LIMIT" });
    const invocation = await billed;
    expect(invocation).toMatchObject({ outcome: "cpu", status: 546 });
    expect(invocation.cpuMs).toBeGreaterThanOrEqual(2_000);
    expect(invocation.cpuMs).toBeLessThan(2_600);
  });

  it("retires an isolate past the soft CPU limit: it may finish, the next request gets a fresh one", async () => {
    const own = await start({ limits: { cpuSoftMs: 150, cpuHardMs: 10_000 } });
    const burn = async (ms: number): Promise<string> => {
      const billed = nextInvocation(own);
      const answer: { isolate: string } = JSON.parse(await (await fetch(`${own.url}/burn_cpu?ms=${ms}`)).text());
      await billed;
      return answer.isolate;
    };
    const isolates = [await burn(10), await burn(800), await burn(10)];
    expect(isolates[1]).toBe(isolates[0]);
    expect(isolates[2]).not.toBe(isolates[1]);
  });

  it("kills a function that takes more memory than the hosted limit and answers 546", async () => {
    const billed = nextInvocation(host);
    const response = await fetch(`${host.url}/hog_memory`);
    expect(response.status).toBe(546);
    const invocation = await billed;
    expect(invocation.outcome).toBe("memory");
    expect(invocation.peakMb).toBeGreaterThanOrEqual(256);
  });

  it("kills a function at the end of the wall clock", async () => {
    const own = await start({ limits: { wallClockMs: 1_000 } });
    const billed = nextInvocation(own);
    expect((await fetch(`${own.url}/sleeper?ms=30000`)).status).toBe(546);
    expect((await billed).outcome).toBe("wall_clock");
  });

  it("answers 504 when no first byte comes", async () => {
    const own = await start({ limits: { firstByteMs: 300 } });
    expect((await fetch(`${own.url}/sleeper?ms=1500`)).status).toBe(504);
  });

  it("lets waitUntil work continue after the response and bills it", async () => {
    const file = join("/tmp", `holdfast-background-${process.pid}`);
    const billed = nextInvocation(host);
    const response = await fetch(`${host.url}/background?ms=600&file=${file}`);
    expect(response.status).toBe(202);
    await response.text();
    expect(existsSync(file)).toBe(false);
    const invocation = await billed;
    expect(readFileSync(file, "utf8")).toBe("done");
    expect(invocation).toMatchObject({ status: 202, outcome: "ok" });
    expect(invocation.wallMs).toBeGreaterThanOrEqual(600);
    rmSync(file);
  });

  it("answers 503 when the module cannot be loaded and 500 when the handler or the isolate fails", async () => {
    const boot = await fetch(`${host.url}/boot_failure`);
    expect([boot.status, await boot.json()]).toEqual([503, expect.objectContaining({ code: "BOOT_ERROR" })]);
    for (const how of ["throw", "exit"]) {
      const billed = nextInvocation(host);
      const response = await fetch(`${host.url}/thrower?how=${how}`);
      expect([response.status, await response.json()]).toEqual([500, expect.objectContaining({ code: "WORKER_ERROR" })]);
      expect((await billed).outcome).toBe("error");
    }
    expect(log.join("\n")).toContain("The handler fails");
  });

  it("gives a function the injected environment and nothing of the machine's", async () => {
    const seen: unknown = await (await fetch(`${host.url}/environment`)).json();
    expect(Object.keys(seen ?? {}).sort()).toEqual(["MY_SECRET", "SB_EXECUTION_ID", "SUPABASE_URL"]);
  });

  it("refuses subprocesses and writes outside /tmp, serves npm packages, and keeps Buffer no global", async () => {
    const seen: unknown = await (await fetch(`${host.url}/sandbox`)).json();
    expect(seen).toEqual({ subprocess: "refused", writeHome: "refused", npm: "function", bufferIsGlobal: false });
  });

  it("says goodbye with a reason before the wall clock ends", async () => {
    const own = await start({ limits: { wallClockMs: 2_000 } });
    expect(await (await fetch(`${own.url}/goodbye`)).json()).toEqual({ reason: "wall_clock" });
  });

  it("queues what exceeds the number of isolates", async () => {
    const own = await start({ maxIsolates: 1 });
    const answers = await Promise.all([1, 2, 3].map(async () => (await fetch(`${own.url}/sleeper?ms=50`)).status));
    expect(answers).toEqual([200, 200, 200]);
    // Room is made for another function although the only isolate still exists.
    expect((await fetch(`${own.url}/echo`)).status).toBe(200);
  });

  it("killIsolates() kills an invocation in the middle of its background work", async () => {
    const file = join("/tmp", `holdfast-killed-${process.pid}`);
    const billed = nextInvocation(host);
    await (await fetch(`${host.url}/background?ms=1000&file=${file}`)).text();
    expect(host.killIsolates("background")).toBe(1);
    expect((await billed).outcome).toBe("error");
    await sleep(1_100);
    expect(existsSync(file)).toBe(false);
  });
});
