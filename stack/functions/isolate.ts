import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ProcessRegister } from "../processes/process_register.ts";
import type { ControlChannel, ControlServer, RunnerMessage } from "./control_server.ts";
import { denoEnv, denoRunArgs } from "./deno_command.ts";
import type { IsolateLimits } from "./limits.ts";
import { type ProcessUsage, processUsage } from "./process_usage.ts";

/** Why an isolate was ended from outside; `stopped` is the host's own shutdown and clearing up. */
export type KillReason = "cpu" | "memory" | "wall_clock" | "killed" | "stopped";

export interface IsolateOptions {
  deno: string;
  functionsDir: string;
  slug: string;
  env: Record<string, string>;
  limits: IsolateLimits;
  control: ControlServer;
  register: ProcessRegister;
  onLog(line: string): void;
}

interface IsolateEvents {
  exit: [];
  settled: [id: string];
}

/** The platform says goodbye at this share of a limit, while there is still something left to say it with. */
const BEFOREUNLOAD_SHARE = 0.9;

/** One Deno process that serves one function, with the limits of a hosted isolate. */
export class Isolate extends EventEmitter<IsolateEvents> {
  readonly slug: string;
  /** Resolves to the port it serves on, or to undefined when it could not boot. */
  readonly booted: Promise<number | undefined>;
  /** True while a request or its background work is under way. */
  busy = true;
  killReason: KillReason | undefined;
  usage: ProcessUsage = { cpuMs: 0, peakMb: 0 };
  readonly #options: IsolateOptions;
  readonly #child: ChildProcess;
  readonly #bornAt = Date.now();
  readonly #warned = new Set<string>();
  #channel: ControlChannel | undefined;
  #cpuAtHello = 0;
  #exited = false;

  constructor(options: IsolateOptions) {
    super();
    this.setMaxListeners(0);
    this.#options = options;
    this.slug = options.slug;
    const token = randomUUID();
    const module = pathToFileURL(join(options.functionsDir, options.slug, "index.ts")).href;
    this.#child = spawn(options.deno, [...denoRunArgs(options.functionsDir), module, String(options.control.port), token], {
      env: { ...options.env, SB_EXECUTION_ID: randomUUID(), ...denoEnv() },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const forgetPid = this.#child.pid === undefined ? (): void => {} : options.register.add(`isolate-${this.slug}`, this.#child.pid);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", (line) => options.onLog(`[${this.slug}] ${line}`));
    }
    this.booted = new Promise((resolve) => {
      const unexpect = options.control.expect(token, (message, channel) => this.#hear(message, channel, resolve));
      const ended = (): void => {
        if (this.#exited) return;
        this.#exited = true;
        unexpect();
        forgetPid();
        resolve(undefined);
        this.emit("exit");
      };
      this.#child.once("exit", ended);
      this.#child.once("error", ended);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get exited(): boolean {
    return this.#exited;
  }

  /** True when it must not get another request: half its life or its soft CPU limit is spent. */
  get retired(): boolean {
    const { cpuSoftMs, wallClockMs } = this.#options.limits;
    return this.#exited || this.killReason !== undefined || this.usage.cpuMs >= cpuSoftMs || this.#age() >= wallClockMs / 2;
  }

  /** Reads the counters and enforces the limits; the host calls it often. */
  sample(): void {
    const pid = this.#child.pid;
    const usage = this.#exited || pid === undefined ? undefined : processUsage(pid);
    if (usage === undefined) return;
    // Deno's own start is not billed on the platform, where the runtime is already up; loading the function is.
    this.usage = { cpuMs: this.#channel === undefined ? 0 : usage.cpuMs - this.#cpuAtHello, peakMb: usage.peakMb };
    const { cpuHardMs, memoryMb, wallClockMs } = this.#options.limits;
    this.#check("memory", this.usage.peakMb, memoryMb);
    this.#check("cpu", this.usage.cpuMs, cpuHardMs);
    this.#check("wall_clock", this.#age(), wallClockMs);
  }

  /** Asks for a `settled` event once no background work is left. */
  awaitSettled(id: string): void {
    this.#channel?.send({ type: "await_settled", id });
  }

  /** Ends the process at once. */
  kill(reason: KillReason): void {
    if (this.#exited) return;
    this.killReason ??= reason;
    this.#child.kill("SIGKILL");
  }

  /** Tells the function why, gives its listeners a moment, and ends it. */
  async retire(reason: "early_drop" | "termination"): Promise<void> {
    if (this.#exited) return;
    const exit = once(this, "exit");
    this.killReason ??= "stopped";
    this.#channel?.send({ type: "beforeunload", reason });
    const timer = setTimeout(() => this.kill("stopped"), this.#channel === undefined ? 0 : 30);
    await exit;
    clearTimeout(timer);
  }

  #age(): number {
    return Date.now() - this.#bornAt;
  }

  #check(reason: "cpu" | "memory" | "wall_clock", used: number, limit: number): void {
    if (used >= limit) {
      this.kill(reason);
    } else if (used >= limit * BEFOREUNLOAD_SHARE && !this.#warned.has(reason)) {
      this.#warned.add(reason);
      this.#channel?.send({ type: "beforeunload", reason });
    }
  }

  #hear(message: RunnerMessage, channel: ControlChannel, resolveBoot: (port: number | undefined) => void): void {
    switch (message.type) {
      case "hello":
        this.#channel = channel;
        this.#cpuAtHello = this.#child.pid === undefined ? 0 : processUsage(this.#child.pid)?.cpuMs ?? 0;
        return;
      case "ready":
        return resolveBoot(message.port);
      case "boot_error":
        return resolveBoot(undefined);
      case "settled":
        this.emit("settled", message.id);
        return;
      default:
        message satisfies never;
    }
  }
}
