import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { z } from "zod";

const messageSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("hello"), token: z.string() }),
  z.object({ type: z.literal("ready"), port: z.number() }),
  z.object({ type: z.literal("boot_error") }),
  z.object({ type: z.literal("settled"), id: z.string() }),
]);

/** What a runner says to the host. */
export type RunnerMessage = z.infer<typeof messageSchema>;

export interface ControlChannel {
  send(message: Record<string, unknown>): void;
}

type Listener = (message: RunnerMessage, channel: ControlChannel) => void;

export interface ControlServer {
  port: number;
  /** Routes the messages of the isolate that knows this token; returns the function that stops it. */
  expect(token: string, listener: Listener): () => void;
  close(): void;
}

/** The loopback port on which isolates report. A connection that does not open with a known token is dropped. */
export async function startControlServer(): Promise<ControlServer> {
  const listeners = new Map<string, Listener>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    socket.setNoDelay(true);
    let listener: Listener | undefined;
    const channel: ControlChannel = { send: (message) => void socket.write(`${JSON.stringify(message)}\n`) };
    createInterface({ input: socket }).on("line", (line) => {
      const message = parseMessage(line);
      if (message?.type === "hello") listener = listeners.get(message.token);
      if (message === undefined || listener === undefined) socket.destroy();
      else listener(message, channel);
    }).on("error", () => {});
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The control server has no port");
  return {
    port: address.port,
    expect(token, listener) {
      listeners.set(token, listener);
      return () => listeners.delete(token);
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function parseMessage(line: string): RunnerMessage | undefined {
  try {
    return messageSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
