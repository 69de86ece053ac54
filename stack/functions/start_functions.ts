import { createServer } from "node:http";
import { appendFileSync } from "node:fs";
import { ProcessRegister } from "../processes/process_register.ts";
import { startControlServer } from "./control_server.ts";
import { findDeno, listFunctions, warmModuleCache } from "./deno_command.ts";
import type { Invocation } from "./invocation.ts";
import { invoke } from "./invoke.ts";
import { IsolatePool } from "./isolate_pool.ts";
import { HOSTED_LIMITS, type IsolateLimits } from "./limits.ts";

export interface StartFunctionsOptions {
  functionsDir: string;
  host: string;
  port: number;
  /** The whole environment of a function. */
  env: Record<string, string>;
  register: ProcessRegister;
  limits?: Partial<IsolateLimits>;
  maxIsolates?: number;
  /** Every invocation is appended here as a line of JSON. */
  invocationsFile?: string;
  onLog?(line: string): void;
}

export interface FunctionsHost {
  url: string;
  slugs: string[];
  /** Everything that ended since the start, in the order it ended. */
  invocations(): Invocation[];
  /** Calls back when an invocation ends; returns the function that stops it. */
  onInvocation(listener: (invocation: Invocation) => void): () => void;
  /** SIGKILL, as a host that fails would do it. Returns how many isolates it hit. */
  killIsolates(slug?: string): number;
  stop(): Promise<void>;
}

/**
 * Serves functions/<slug>/index.ts at /functions/v1/<slug> with the runtime and the limits of the hosted platform.
 * @throws HF904 when Deno is missing
 */
export async function startFunctions(options: StartFunctionsOptions): Promise<FunctionsHost> {
  const { functionsDir, host, port } = options;
  const onLog = options.onLog ?? ((): void => {});
  const limits = { ...HOSTED_LIMITS, ...options.limits };
  const deno = findDeno();
  await warmModuleCache(deno, functionsDir, listFunctions(functionsDir), onLog);
  const control = await startControlServer();
  const pool = new IsolatePool({
    deno, functionsDir, env: options.env, limits, control, register: options.register, onLog, maxIsolates: options.maxIsolates ?? 8,
  });
  const invocations: Invocation[] = [];
  const listeners = new Set<(invocation: Invocation) => void>();

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://stack");
    const [, slug = "", rest = ""] = /^\/functions\/v1\/([^/]+)(.*)$/.exec(url.pathname) ?? [];
    // Asked each time: a function folder added while the stack runs is served like one deployed.
    if (!listFunctions(functionsDir).includes(slug)) {
      response.writeHead(404, { "content-type": "application/json" });
      response.end(JSON.stringify({ code: "NOT_FOUND", message: "Requested function was not found" }));
      return;
    }
    invoke(request, response, { pool, slug, path: `/${slug}${rest}${url.search}`, firstByteMs: limits.firstByteMs }).then((invocation) => {
      invocations.push(invocation);
      if (options.invocationsFile !== undefined) appendFileSync(options.invocationsFile, `${JSON.stringify(invocation)}\n`);
      for (const listener of listeners) listener(invocation);
    }).catch((error: unknown) => {
      onLog(`functions: ${slug} could not be served: ${String(error)}`);
      response.destroy();
    });
  });
  // The wall clock of an isolate decides how long a request may take, not the defaults of a web server.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });

  return {
    url: `http://${host}:${port}/functions/v1`,
    slugs: listFunctions(functionsDir),
    invocations: () => [...invocations],
    onInvocation(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    killIsolates: (slug) => pool.kill(slug),
    async stop() {
      server.close();
      await pool.close();
      server.closeAllConnections();
      control.close();
    },
  };
}
