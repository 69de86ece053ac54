import { Buffer } from "node:buffer";
import { connect } from "node:net";
import type { Client } from "pg";

const CANCEL_REQUEST_CODE = 80877102;
const TIMEOUT_MS = 5_000;

/**
 * Asks the server to cancel what the client's session is doing. Resolves once the server has acted on it,
 * which it shows by closing the connection, or once it is clear that it could not be asked. A cancel request is
 * never answered: whether it worked shows only on the session itself.
 *
 * The request goes out without TLS, as libpq's PQcancel does: the server reads it before it asks for encryption,
 * and a handshake would cost more CPU than the request is meant to save.
 */
export function sendCancelRequest(client: Client): Promise<void> {
  const processId: unknown = Reflect.get(client, "processID");
  const secretKey: unknown = Reflect.get(client, "secretKey");
  if (typeof processId !== "number" || typeof secretKey !== "number") return Promise.resolve();
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(CANCEL_REQUEST_CODE, 4);
  request.writeInt32BE(processId, 8);
  request.writeInt32BE(secretKey, 12);
  return new Promise((resolve) => {
    const { host, port } = client;
    const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
    const timer = setTimeout(() => socket.destroy(), TIMEOUT_MS);
    socket.on("connect", () => socket.write(request));
    // A refused or reset connection ends in 'close' as well.
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.resume();
  });
}
