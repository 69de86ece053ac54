import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, mkdirSync, chmodSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, afterEach, describe, expect, inject, it } from "vitest";
import { identifyProcess } from "../../stack/processes/process_identity.ts";
import { REPO_ROOT } from "../../stack/repo_root.ts";
import { type Stack, startStack, type StartStackOptions } from "../../stack/start_stack.ts";

const FUNCTIONS = join(REPO_ROOT, "tests", "fixtures", "functions");
const HAS_CLOCK_IN_SECONDS = inject("holdfastCluster").flavor !== "system";

describe("startStack()", () => {
  const root = mkdtempSync(join(tmpdir(), "holdfast-stack-"));
  chmodSync(root, 0o755);
  const stacks: Stack[] = [];
  const basePort = 58_000 + (process.pid % 50) * 20;

  async function start(name: string, options: StartStackOptions = {}): Promise<Stack> {
    const stack = await startStack({ dir: join(root, name), basePort, functionsDir: FUNCTIONS, ...options });
    stacks.push(stack);
    return stack;
  }
  async function query(url: string, sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(url);
    client.on("error", () => {});
    await client.connect();
    try {
      const result: unknown = await client.query(sql, values);
      const last: unknown = Array.isArray(result) ? result.at(-1) : result;
      return last instanceof pg.Result ? last.rows : [];
    } finally {
      await client.end();
    }
  }
  async function until(condition: () => Promise<boolean>, ms = 8_000): Promise<void> {
    for (const end = Date.now() + ms; !(await condition());) {
      if (Date.now() > end) throw new Error("The condition did not come true in time");
      await sleep(50);
    }
  }
  const pidsOf = (stack: Stack): number[] =>
    readdirSync(join(stack.dir, "pids")).map((file) => Number(/-(\d+)\.json$/.exec(file)?.[1]));

  afterEach(async () => {
    await Promise.all(stacks.splice(0).map((stack) => stack.stop()));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it("serves database and functions, moves on when a port is taken, and leaves no process behind", async () => {
    const squatter = createServer().listen(basePort, "127.0.0.1");
    const stack = await start("first");
    expect(new URL(stack.apiUrl).port).not.toBe(String(basePort));
    expect(await query(stack.databaseUrl, "select current_user::text as me")).toEqual([{ me: "postgres" }]);
    const seen: Record<string, string> = JSON.parse(await (await fetch(`${stack.functionsUrl}/environment`)).text());
    expect(seen).toMatchObject({
      SUPABASE_URL: stack.apiUrl,
      SUPABASE_DB_URL: stack.databaseUrl,
      SUPABASE_SECRET_KEYS: JSON.stringify({ default: stack.secretKey }),
    });
    const pids = pidsOf(stack);
    expect(pids.length).toBeGreaterThanOrEqual(2);
    await stack.stop();
    squatter.close();
    expect(pids.filter((pid) => identifyProcess(pid) !== undefined)).toEqual([]);
    expect(readdirSync(join(stack.dir, "pids"))).toEqual([]);
  });

  it("keeps data and keys over a restart unless freshData asks for an empty project", async () => {
    const first = await start("kept", { functions: false });
    await query(first.databaseUrl, "create table public.kept as select 1 as one");
    await first.stop();
    const second = await start("kept", { functions: false });
    expect(await query(second.databaseUrl, "select one from public.kept")).toEqual([{ one: 1 }]);
    expect(second.secretKey).toBe(first.secretKey);
    await second.stop();
    const third = await start("kept", { functions: false, freshData: true });
    expect(await query(third.databaseUrl, "select to_regclass('public.kept') as found")).toEqual([{ found: null }]);
  });

  it("runs beside another stack and refuses a directory that is in use with HF900", async () => {
    const [left, right] = [await start("left", { functions: false }), await start("right", { functions: false })];
    expect(left.databaseUrl).not.toBe(right.databaseUrl);
    await expect(startStack({ dir: left.dir })).rejects.toMatchObject({ code: "HF900" });
    expect(await query(left.databaseUrl, "select 1 as alive")).toEqual([{ alive: 1 }]);
  });

  it("clears what a SIGKILLed parent left, and survives torn pid files", async () => {
    const dir = join(root, "orphans");
    const script = join(root, "parent.mts");
    writeFileSync(script, `import { startStack } from ${JSON.stringify(join(REPO_ROOT, "stack", "start_stack.ts"))};
      const stack = await startStack(${JSON.stringify({ dir, basePort, functions: false })});
      await (await import("node:fs/promises")).writeFile(${JSON.stringify(join(root, "up"))}, stack.databaseUrl);
      setInterval(() => {}, 1000);`);
    const parent = spawn(process.execPath, ["--import", "tsx", script], { cwd: REPO_ROOT, stdio: "inherit" });
    await until(() => Promise.resolve(readdirSync(root).includes("up")), 20_000);
    parent.kill("SIGKILL");
    await until(() => Promise.resolve(parent.pid === undefined || identifyProcess(parent.pid) === undefined));
    const orphan = Number(/-(\d+)\.json$/.exec(readdirSync(join(dir, "pids"))[0] ?? "")?.[1]);
    expect(identifyProcess(orphan)).toBeDefined();
    writeFileSync(join(dir, "pids", "postgres-1.json"), '{"pid": 1,');
    const stack = await start("orphans", { functions: false });
    expect(identifyProcess(orphan)).toBeUndefined();
    expect(await query(stack.databaseUrl, "select 1 as alive")).toEqual([{ alive: 1 }]);
  });

  it("never stops a process whose pid was recycled", async () => {
    const bystander = spawn("sleep", ["30"], { stdio: "ignore" });
    mkdirSync(join(root, "recycled", "pids"), { recursive: true });
    writeFileSync(join(root, "recycled", "pids", `postgres-${bystander.pid}.json`), JSON.stringify({ pid: bystander.pid, startedAt: "1", name: "postgres" }));
    await start("recycled", { functions: false });
    expect(identifyProcess(bystander.pid ?? 0)).toBeDefined();
    bystander.kill();
  });

  it("uses somebody else's database when given a URL and starts none", async () => {
    const cluster = inject("holdfastCluster");
    const databaseUrl = `postgresql://postgres:${cluster.password}@${cluster.host}:${cluster.port}/postgres`;
    const stack = await start("foreign", { databaseUrl });
    expect(stack.adminUrl).toBeUndefined();
    expect(stack.databaseUrl).toBe(databaseUrl);
    expect(pidsOf(stack)).toEqual([]);
    await expect(stack.restartPostgres("fast")).rejects.toThrow();
  });

  it("a scheduled job calls a function through pg_net, before and after a crash of the server", async () => {
    const stack = await start("clock");
    const call = `select net.http_post('${stack.functionsUrl}/echo', '{"from": "cron"}', timeout_milliseconds := 5000)`;
    const expectCalls = async (): Promise<void> => {
      const before = stack.invocations().length;
      await until(() => Promise.resolve(stack.invocations().length > before), 75_000);
    };
    await query(stack.databaseUrl, "select cron.schedule('tick', $1, $2)", [HAS_CLOCK_IN_SECONDS ? "1 seconds" : "* * * * *", call]);
    await expectCalls();
    await stack.restartPostgres("crash");
    await expectCalls();
    const jobs = await query(stack.databaseUrl, "select distinct status, return_message from cron.job_run_details where status = 'succeeded'");
    expect(jobs).toEqual([{ status: "succeeded", return_message: "1 row" }]);
  }, 200_000);

  it("writes no secret into its logs", async () => {
    const stack = await start("quiet", { functionSecrets: { S3_SECRET: "hush-hush" } });
    await fetch(`${stack.functionsUrl}/environment`);
    await until(() => Promise.resolve(stack.invocations().length === 1));
    const log = execFileSync("sh", ["-c", `cat ${join(stack.dir, "logs")}/* 2>/dev/null; true`], { encoding: "utf8" });
    expect(log).not.toContain("hush-hush");
    expect(readFileSync(join(stack.dir, "invocations.jsonl"), "utf8")).not.toContain("hush-hush");
  });
});
