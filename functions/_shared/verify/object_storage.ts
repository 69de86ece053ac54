/** What a verification needs from the bucket; the S3 client fits, and so does a plain object in a test. */
export interface ObjectReader {
  getObject(key: string, options?: { range?: { first: number; last: number }; maxBytes?: number }): Promise<Uint8Array<ArrayBuffer>>;
  /** Without a class: the storage has one only. */
  listObjects(prefix: string): AsyncIterable<{ key: string; bytes: number; storageClass?: string }>;
}

/** Where a verification leaves its report. Nothing is ever replaced. */
export interface ObjectWriter {
  putObject(key: string, body: Uint8Array<ArrayBuffer>, options: { contentType: string }): Promise<unknown>;
}

/** off: no bucket is configured, which is allowed. invalid: one is, but wrongly, which must not look like off. */
export type ObjectStorage =
  | { state: "ready"; reader: ObjectReader; writer?: ObjectWriter }
  | { state: "off" }
  | { state: "invalid"; reason: string };
