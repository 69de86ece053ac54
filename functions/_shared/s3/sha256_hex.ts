import { Buffer } from "node:buffer";

/** Hex SHA-256 by the platform's WebCrypto, which runs off the main thread in Node and Deno. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
}
