import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { createSecureContext, TLSSocket } from "node:tls";
import { REPO_ROOT } from "../../stack/repo_root.ts";

const read = (name: string): string => readFileSync(join(REPO_ROOT, "tests", "fixtures", "tls", name), "utf8");

/** PEM of the certificate the proxy shows; it signed itself, for 127.0.0.1. */
export const TLS_CERTIFICATE = read("server.crt");

/** Stands before a PostgreSQL without TLS and takes TLS, with a certificate that no machine trusts. */
export async function tlsProxy(url: string): Promise<{ url: string; close(): void }> {
  const target = new URL(url);
  const { hostname, port } = target;
  const secureContext = createSecureContext({ cert: TLS_CERTIFICATE, key: read("server.key") });
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    // The first eight bytes ask for TLS; "S" grants it.
    socket.once("data", () => {
      socket.write("S");
      const secure = new TLSSocket(socket, { isServer: true, secureContext });
      const upstream = connect(Number(port), hostname);
      for (const one of [secure, upstream]) one.on("error", () => undefined);
      secure.pipe(upstream).pipe(secure);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port");
  target.port = String(address.port);
  target.hostname = "127.0.0.1";
  return { url: target.href, close: () => void server.close() };
}
