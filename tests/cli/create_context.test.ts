import { PassThrough } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import type { GlobalOptions, OutputStream } from "../../cli/command_context.ts";
import { createContext } from "../../cli/create_context.ts";

const URL = "postgres://u@127.0.0.1:1/x";
function setUp(given: Partial<GlobalOptions> = {}, env: Record<string, string> = {}, isTTY = false) {
  const stdout: OutputStream = Object.assign(new PassThrough(), { isTTY });
  const stderr: OutputStream = Object.assign(new PassThrough(), { isTTY: false });
  const context = createContext({ env, stdout, stderr }, { json: false, color: true, quiet: false, ...given });
  return { context, out: () => String((stdout as PassThrough).read() ?? ""), err: () => String((stderr as PassThrough).read() ?? "") };
}

describe("createContext()", () => {
  it("createContext() prints data to stdout and talks to stderr", () => {
    const { context, out, err } = setUp();
    context.print("a");
    context.print("b\n");
    context.printJson({ c: 1 });
    context.note("d");
    expect([out(), err()]).toEqual(['a\nb\n{\n  "c": 1\n}\n', "d\n"]);
  });
  it.each([{ quiet: true }, { json: true }])("createContext() keeps quiet with %j", (given) => {
    const { context, err } = setUp(given);
    context.note("d");
    expect(err()).toBe("");
  });
  it("createContext() colours only a terminal that wants it", () => {
    const isPainted = (...given: Parameters<typeof setUp>) => setUp(...given).context.palette.bold("x") !== "x";
    expect([isPainted({}, {}, true), isPainted(), isPainted({ color: false }, {}, true), isPainted({}, { NO_COLOR: "1" }, true)]).toEqual([true, false, false, false]);
  });
  it("createContext() prefers --database-url and asks for one when there is none", () => {
    expect(setUp({ databaseUrl: URL }, { HOLDFAST_DB_URL: "postgres://other/x" }).context.databaseUrl()).toBe(URL);
    expect(setUp({}, { SUPABASE_DB_URL: URL }).context.databaseUrl()).toBe(URL);
    expect(() => setUp().context.databaseUrl()).toThrow(expect.objectContaining({ code: "HF102", hint: expect.stringContaining("--database-url") }));
  });
  it("createContext() warns once when nobody has said whether to verify the database's certificate", async () => {
    const open = async (url: string) => {
      const { context, err } = setUp({ databaseUrl: url });
      await context.connect("holdfast test").catch(() => undefined);
      await context.withDatabase(() => Promise.resolve()).catch(() => undefined);
      return err();
    };
    // No name below .invalid leads anywhere.
    expect((await open("postgres://u@holdfast.invalid/x")).match(/HOLDFAST_DB_CA/g)).toHaveLength(1);
    expect(await open("postgres://u@holdfast.invalid/x?sslmode=require")).toBe("");
    expect(await open(URL)).toBe("");
  });
  it("createContext() names the option it was given, and never takes an empty one for the environment's database", () => {
    for (const given of ["", "mysql://root:hunter2@h/x", "hunter2"]) {
      const task = () => setUp({ databaseUrl: given }, { SUPABASE_DB_URL: URL }).context.databaseUrl();
      expect(task).toThrow(expect.objectContaining({ code: "HF102", message: expect.stringMatching(/^--database-url/) }));
      expect(task).toThrow(expect.objectContaining({ message: expect.not.stringContaining("hunter2") }));
    }
  });
  it("createContext() asks where somebody can answer, and takes only a yes for one", async () => {
    const terminal = () => Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
    const ask = (keys: string | null, given: Partial<GlobalOptions> = {}, from = { stdin: terminal(), stderr: terminal() }) => {
      const context = createContext({ env: {}, stdout: new PassThrough(), ...from }, { json: false, color: true, quiet: false, ...given });
      const answer = context.confirm("Write?");
      if (keys !== null) from.stdin.write(keys);
      return answer;
    };
    expect([await ask("y"), await ask("n"), await ask("\r"), await ask("\u0003")]).toEqual([true, false, false, false]);
    expect(await ask(null, { json: true })).toBe(null);
    expect(await ask(null, {}, { stdin: terminal(), stderr: Object.assign(terminal(), { isTTY: false }) })).toBe(null);
    expect(await ask(null, {}, { stdin: Object.assign(terminal(), { isTTY: false }), stderr: terminal() })).toBe(null);
  });
  it("createContext() draws work on a terminal only, and Ctrl-C there stays a signal", async () => {
    const show = async (isTTY: boolean, given: Partial<GlobalOptions> = {}) => {
      const stderr = Object.assign(new PassThrough(), { isTTY });
      const context = createContext({ env: {}, stdout: new PassThrough(), stderr }, { json: false, color: true, quiet: false, ...given });
      const listeners = () => [process.listenerCount("SIGINT"), process.listenerCount("SIGTERM"), process.stdin.listenerCount("keypress")];
      const before = listeners();
      await context.withProgress("Exporting", async () => expect(listeners()).toEqual(before));
      return String(stderr.read() ?? "");
    };
    expect(await show(true)).toMatch(/Exporting: done\n$/);
    expect([await show(false), await show(true, { quiet: true }), await show(true, { json: true })]).toEqual(["", "", ""]);
  });
  it("createContext() writes lines of long work where there is no terminal, and none with --quiet or --json", async () => {
    const show = async (given: Partial<GlobalOptions>) => {
      const stderr = new PassThrough();
      const context = createContext({ env: {}, stdout: new PassThrough(), stderr }, { json: false, color: true, quiet: false, ...given });
      vi.useFakeTimers();
      try {
        await context.withProgress("Exporting", async (update) => {
          update("Exporting: 3 of 9 chunks");
          vi.advanceTimersByTime(10_000);
        });
      } finally {
        vi.useRealTimers();
      }
      return String(stderr.read() ?? "");
    };
    expect(await show({})).toBe("Exporting: 3 of 9 chunks (10 s)\nExporting: done (10 s)\n");
    expect([await show({ quiet: true }), await show({ json: true })]).toEqual(["", ""]);
  });
  it("createContext() returns what the task returns and passes its error on", async () => {
    const { context } = setUp({ databaseUrl: URL });
    await expect(context.withProgress("x", async (update) => { update("y"); return 4; })).resolves.toBe(4);
    await expect(context.withProgress("x", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await expect(context.withDatabase(async () => 1)).rejects.toMatchObject({ code: "HF104" });
    await expect(context.connect("holdfast x")).rejects.toMatchObject({ code: "HF104" });
  });
});
