import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";

/** Answers in place of the storage, or returns false to let a request pass. */
export type Interference = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

/** Stands before an object storage, whose signatures cover the address they were made for, so requests pass as they are. */
export async function s3Proxy(endpoint: string, interfere: Interference): Promise<{ endpoint: string; stop(): void }> {
  const { hostname, port } = new URL(endpoint);
  const server = createServer((incoming, outgoing) => {
    if (interfere(incoming, outgoing)) return;
    const upstream = httpRequest({ hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    upstream.on("error", () => outgoing.destroy());
    incoming.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port");
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
