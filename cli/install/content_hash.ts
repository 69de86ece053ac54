import { createHash } from "node:crypto";

/** SHA-256 of a file with its line ends as line feeds: a checkout on Windows that turned them into CRLF is no edit. */
export function contentHash(content: Buffer): string {
  return createHash("sha256").update(content.toString("latin1").replaceAll("\r\n", "\n"), "latin1").digest("hex");
}
