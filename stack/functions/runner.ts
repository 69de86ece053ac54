/// <reference lib="dom" />
/**
 * Runs inside Deno, one process per isolate: imports a function, serves its `fetch` on a loopback port, and gives it what
 * the edge runtime gives it. Arguments: the module, the host's control port, a token. Everything is said to the host over the
 * control connection, so that stdout and stderr stay the function's own; when that connection closes, the host is gone
 * and so are we.
 */
interface DenoConn {
  readable: ReadableStream<Uint8Array>;
  write(bytes: Uint8Array): Promise<number>;
}

declare const Deno: {
  args: string[];
  env: { toObject(): Record<string, string>; delete(name: string): void };
  exit(code: number): never;
  connect(options: { hostname: string; port: number }): Promise<DenoConn>;
  serve(
    options: { hostname: string; port: number; onListen(address: { port: number }): void; onError(error: unknown): Response },
    handler: (request: Request) => Promise<Response>,
  ): unknown;
};

const [moduleUrl = "", controlPort = "", token = ""] = Deno.args;
// Deno's own variables are the host's business; a function sees only what the platform injects.
for (const name of Object.keys(Deno.env.toObject())) {
  if (name.startsWith("DENO_") && name !== "DENO_DEPLOYMENT_ID") Deno.env.delete(name);
}
denySyncWrites();

const control = await Deno.connect({ hostname: "127.0.0.1", port: Number(controlPort) });
const encoder = new TextEncoder();
let lastWrite: Promise<unknown> = Promise.resolve();

/** Messages queue up: a write that is still under way must not be overtaken. */
function tell(message: Record<string, unknown>): void {
  const bytes = encoder.encode(`${JSON.stringify(message)}\n`);
  lastWrite = lastWrite.then(async () => {
    for (let sent = 0; sent < bytes.length;) sent += await control.write(bytes.subarray(sent));
  }).catch(() => Deno.exit(0));
}

const background = new Set<Promise<unknown>>();
let waitingForSettled: string | undefined;

function reportIfSettled(): void {
  if (waitingForSettled === undefined || background.size > 0) return;
  tell({ type: "settled", id: waitingForSettled });
  waitingForSettled = undefined;
}

Object.defineProperty(globalThis, "EdgeRuntime", {
  value: {
    waitUntil<T>(promise: Promise<T>): Promise<T> {
      const tracked = Promise.resolve(promise).then(() => {}, (error: unknown) => {
        console.error("Background task failed:", error);
      }).finally(() => {
        background.delete(tracked);
        reportIfSettled();
      });
      background.add(tracked);
      return promise;
    },
  },
});

async function readControl(): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of control.readable) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) obey(line);
  }
  Deno.exit(0);
}

function obey(line: string): void {
  const message: { type?: unknown; id?: unknown; reason?: unknown } = JSON.parse(line);
  if (message.type === "await_settled" && typeof message.id === "string") {
    waitingForSettled = message.id;
    reportIfSettled();
  }
  if (message.type === "beforeunload") {
    globalThis.dispatchEvent(new CustomEvent("beforeunload", { detail: { reason: message.reason } }));
  }
}

tell({ type: "hello", token });
readControl().catch(() => Deno.exit(0));

try {
  const loaded: { default?: { fetch?: unknown } } = await import(moduleUrl);
  const handler = loaded.default;
  const fetchHandler = handler?.fetch;
  if (handler === undefined || typeof fetchHandler !== "function") {
    throw new TypeError("The function has no default export with a fetch method");
  }
  Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => tell({ type: "ready", port }),
    onError: (error) => {
      console.error(error);
      return failed();
    },
  }, async (request) => {
    const response: unknown = await fetchHandler.call(handler, request);
    if (!(response instanceof Response)) throw new TypeError("The function did not return a Response");
    return response;
  });
} catch (error) {
  console.error(error);
  tell({ type: "boot_error" });
}

function failed(): Response {
  return Response.json(
    { code: "WORKER_ERROR", message: "Function exited due to an error (please check logs)" },
    { status: 500, headers: { "x-holdfast-worker-error": "1" } },
  );
}

/** The platform blocks synchronous writes once a function has started; here they are simply not there. */
function denySyncWrites(): void {
  const names = [
    "writeFileSync", "writeTextFileSync", "mkdirSync", "removeSync", "renameSync", "copyFileSync", "truncateSync",
    "makeTempDirSync", "makeTempFileSync", "symlinkSync", "linkSync", "createSync",
  ];
  for (const name of names) {
    Object.defineProperty(Deno, name, {
      value: () => {
        throw new Error(`Deno.${name} is blocked: use the asynchronous function of that name`);
      },
    });
  }
}
