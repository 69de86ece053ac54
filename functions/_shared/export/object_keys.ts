import { Buffer } from "node:buffer";

/**
 * A name as it appears in an object key: letters, digits, `_` and `-` stay; every other byte of its UTF-8 form becomes
 * `=` and two hex digits. Two names never share a key, no name leaves its folder, and no URL encoding can change a key.
 */
export function encodeKeyPart(name: string): string {
  let encoded = "";
  for (const byte of Buffer.from(name, "utf8")) {
    const char = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9_-]/.test(char) ? char : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** Folder of a table's objects, relative to the run. */
export function tableFolder(schema: string, table: string): string {
  return `data/${encodeKeyPart(schema)}.${encodeKeyPart(table)}/`;
}

/**
 * Name of an object relative to the run. Later attempts get a name of their own, because an object is never overwritten
 * and an attempt that died may have stored its own already.
 */
export function attemptName(name: string, extension: string, attempt: number): string {
  return attempt <= 1 ? `${name}.${extension}` : `${name}~${attempt}.${extension}`;
}

/** Name of a data chunk's object relative to the run. */
export function chunkName(schema: string, table: string, chunkNo: number, attempt: number): string {
  return tableFolder(schema, table) + attemptName(String(chunkNo).padStart(6, "0"), "copy.gz", attempt);
}
