import { createServer } from "node:net";

/** The wanted port of this host, or the next one that can be bound. */
export async function freePort(host: string, wanted: number, taken: ReadonlySet<number> = new Set()): Promise<number> {
  for (let port = wanted; port < Math.min(wanted + 500, 65_536); port++) {
    if (!taken.has(port) && await canListen(host, port)) return port;
  }
  throw new Error(`No free port on ${host} between ${wanted} and ${wanted + 499}`);
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
