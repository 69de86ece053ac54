import { connect, createServer, type Socket } from "node:net";

export interface BreakingProxy {
  url: string;
  close(): void;
}

/**
 * Stands between a client and the database and ends each connection after `limit` bytes of what the client sends, or never
 * with Infinity. `limit` is asked for each connection.
 */
export async function breakingProxy(url: string, limit: () => number, end: (socket: Socket) => void = (socket) => socket.destroy()): Promise<BreakingProxy> {
  const target = new URL(url);
  const { hostname, port } = target;
  const server = createServer((socket) => {
    const upstream = connect(Number(port), hostname);
    const most = limit();
    let passed = 0;
    socket.on("data", (chunk) => {
      passed += chunk.length;
      if (passed < most) upstream.write(chunk);
      else end(socket);
    });
    for (const one of [socket, upstream]) one.on("error", () => {});
    socket.on("close", () => upstream.destroy());
    upstream.on("close", () => socket.destroy());
    upstream.on("data", (chunk) => socket.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port");
  target.port = String(address.port);
  target.hostname = "127.0.0.1";
  return { url: target.href, close: () => void server.close() };
}
