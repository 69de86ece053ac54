/** What the storage says about an object. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
  readonly lastModified: Date;
  readonly contentType: string | null;
  /** User metadata, names in lower case without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Hex SHA-256 that the writer recorded; null for objects written by others. */
  readonly sha256: string | null;
  readonly storageClass: string;
  /** Of an archived object that was asked for: being thawed, or readable until a time. Null: neither, or not archived. */
  readonly thaw: { readonly ongoing: boolean; readonly expiresAt: Date | null } | null;
  readonly objectLock: { readonly mode: ObjectLockMode; readonly retainUntil: Date } | null;
  /** Only in buckets that keep versions. */
  readonly versionId: string | null;
}

/** As in `ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"`. */
function readThaw(header: string | null): StoredObject["thaw"] {
  const ongoing = /ongoing-request="(true|false)"/.exec(header ?? "")?.[1];
  if (ongoing === undefined) return null;
  const expiry = Date.parse(/expiry-date="([^"]+)"/.exec(header ?? "")?.[1] ?? "");
  return { ongoing: ongoing === "true", expiresAt: Number.isNaN(expiry) ? null : new Date(expiry) };
}

export type ObjectLockMode = "GOVERNANCE" | "COMPLIANCE";

/** Reads the headers of a GET or HEAD answer. */
export function readStoredObject(key: string, headers: Headers): StoredObject {
  const metadata: Record<string, string> = {};
  for (const [name, value] of headers) {
    if (name.startsWith("x-amz-meta-")) metadata[name.slice("x-amz-meta-".length)] = value;
  }
  const mode = headers.get("x-amz-object-lock-mode");
  const until = headers.get("x-amz-object-lock-retain-until-date");
  const whole = /\/(\d+)$/.exec(headers.get("content-range") ?? "")?.[1];
  return {
    key,
    bytes: Number(whole ?? headers.get("content-length") ?? "0"),
    etag: (headers.get("etag") ?? "").replaceAll('"', ""),
    lastModified: new Date(headers.get("last-modified") ?? 0),
    contentType: headers.get("content-type"),
    metadata,
    sha256: metadata["sha256"] ?? null,
    storageClass: headers.get("x-amz-storage-class") ?? "STANDARD",
    thaw: readThaw(headers.get("x-amz-restore")),
    objectLock: (mode === "GOVERNANCE" || mode === "COMPLIANCE") && until !== null ? { mode, retainUntil: new Date(until) } : null,
    versionId: headers.get("x-amz-version-id"),
  };
}
