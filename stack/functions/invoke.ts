import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import type { Invocation, InvocationOutcome } from "./invocation.ts";
import type { Isolate } from "./isolate.ts";
import type { IsolatePool } from "./isolate_pool.ts";

export interface InvokeOptions {
  pool: IsolatePool;
  slug: string;
  /** Path and query as the function sees them: `/<slug>/…`. */
  path: string;
  firstByteMs: number;
}

/** Headers that describe one hop and must not travel to the next. */
const HOP_HEADERS = ["connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection", "te", "trailer"];

const PLATFORM_ERRORS = {
  boot: { status: 503, code: "BOOT_ERROR", message: "Function failed to start (please check logs)" },
  worker: { status: 500, code: "WORKER_ERROR", message: "Function exited due to an error (please check logs)" },
  limit: { status: 546, code: "WORKER_LIMIT", message: "Function failed due to not having enough compute resources (please check logs)" },
  idle: { status: 504, code: "IDLE_TIMEOUT", message: "Function did not answer in time" },
} as const;

type PlatformError = keyof typeof PLATFORM_ERRORS;

/**
 * Serves one request with an isolate and follows it to the end of its background work; resolves to the bill.
 * The client's answer is sent on the way, as soon as there is one.
 */
export async function invoke(request: IncomingMessage, response: ServerResponse, options: InvokeOptions): Promise<Invocation> {
  const startedAt = new Date();
  const isolate = await options.pool.acquire(options.slug);
  const invocationId = randomUUID();
  if (isolate === undefined) {
    answer(response, "worker");
    return bill(undefined, "error");
  }
  isolate.sample();
  const cpuBefore = isolate.usage.cpuMs;
  try {
    const port = await isolate.booted;
    if (port === undefined) {
      answer(response, errorOf(isolate, "boot"));
      isolate.kill("stopped");
      return bill(isolate, outcomeOf(isolate, "error"));
    }
    const failed = await forward(request, response, isolate, port, options);
    if (!isolate.exited) await settle(isolate, invocationId);
    isolate.sample();
    return bill(isolate, outcomeOf(isolate, failed || isolate.exited ? "error" : "ok"));
  } finally {
    options.pool.release(isolate);
  }

  function bill(used: Isolate | undefined, outcome: InvocationOutcome): Invocation {
    return {
      slug: options.slug,
      invocationId,
      status: response.statusCode,
      cpuMs: Math.round(used === undefined ? 0 : used.usage.cpuMs - cpuBefore),
      peakMb: Math.round(used?.usage.peakMb ?? 0),
      wallMs: Date.now() - startedAt.getTime(),
      outcome,
      startedAt: startedAt.toISOString(),
    };
  }
}

/** Passes the request on and the response back. Resolves to true when the function failed to answer by itself. */
function forward(request: IncomingMessage, response: ServerResponse, isolate: Isolate, port: number, options: InvokeOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const upstream = httpRequest({
      host: "127.0.0.1", port, method: request.method, path: options.path, headers: withoutHopHeaders(request.headers), agent: false,
    });
    const firstByte = setTimeout(() => give("idle"), options.firstByteMs);
    const onExit = (): void => give(errorOf(isolate, "worker"));
    isolate.once("exit", onExit);
    upstream.on("response", (answered) => {
      clearTimeout(firstByte);
      const { "x-holdfast-worker-error": workerError, ...headers } = withoutHopHeaders(answered.headers);
      if (request.method === "GET" && headers["content-type"]?.startsWith("text/html")) {
        headers["content-type"] = "text/plain"; // The platform serves no HTML from its own domain.
      }
      if (!response.headersSent) response.writeHead(answered.statusCode ?? 500, headers);
      answered.pipe(response, { end: false });
      answered.on("error", () => {});
      answered.on("end", () => {
        response.end();
        finish(workerError !== undefined);
      });
    });
    // A broken connection means that the process is ending: its exit event knows why.
    upstream.on("error", () => {
      if (isolate.exited) give(errorOf(isolate, "worker"));
      else setTimeout(() => give(errorOf(isolate, "worker")), 500).unref();
    });
    request.on("error", () => {});
    request.pipe(upstream);

    function give(error: PlatformError): void {
      answer(response, error);
      upstream.destroy();
      finish(true);
    }
    function finish(failed: boolean): void {
      clearTimeout(firstByte);
      isolate.off("exit", onExit);
      resolve(failed);
    }
  });
}

/** Waits until the background work of this invocation is over, or the isolate is. */
async function settle(isolate: Isolate, invocationId: string): Promise<void> {
  const done = new AbortController();
  const exit = once(isolate, "exit", { signal: done.signal }).catch(() => {});
  const settled = new Promise<void>((resolve) => {
    const listener = (id: string): void => {
      if (id !== invocationId) return;
      isolate.off("settled", listener);
      resolve();
    };
    isolate.on("settled", listener);
  });
  isolate.awaitSettled(invocationId);
  await Promise.race([exit, settled]);
  done.abort();
}

function errorOf(isolate: Isolate, otherwise: PlatformError): PlatformError {
  const limits = ["cpu", "memory", "wall_clock"];
  return isolate.killReason !== undefined && limits.includes(isolate.killReason) ? "limit" : otherwise;
}

function outcomeOf(isolate: Isolate, otherwise: InvocationOutcome): InvocationOutcome {
  switch (isolate.killReason) {
    case "cpu":
    case "memory":
    case "wall_clock":
      return isolate.killReason;
    default:
      return otherwise;
  }
}

function answer(response: ServerResponse, error: PlatformError): void {
  if (response.headersSent) {
    response.destroy(); // The client already has a status; a cut connection is all that can still be said.
    return;
  }
  const { status, code, message } = PLATFORM_ERRORS[error];
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ code, message }));
}

function withoutHopHeaders(headers: IncomingMessage["headers"]): IncomingMessage["headers"] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.includes(name)));
}
