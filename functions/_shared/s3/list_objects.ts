import { HoldfastError } from "../errors/holdfast_error.ts";
import { type CallOptions, demand, type S3Session } from "./s3_session.ts";
import { decodeXml, xmlElements, xmlText } from "./xml_text.ts";

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  readonly lastModified: Date;
  readonly etag: string;
  readonly storageClass: string;
}

function damaged(prefix: string, reason: string): HoldfastError {
  return new HoldfastError("HF207", `Cannot list objects below "${prefix}": ${reason}`, { hint: "Try again; if it stays, the server's ListObjectsV2 is not usable." });
}

/**
 * Lists every object whose key starts with `prefix`, page by page, in the order of the server (UTF-8 bytes).
 * @throws {HoldfastError} HF201, HF202, HF203, HF206, HF207, HF208
 */
export async function* listObjects(session: S3Session, prefix: string, options: CallOptions): AsyncGenerator<ListedObject, void, undefined> {
  let token: string | null = null;
  do {
    // Keys may hold characters that XML cannot carry, so they come URL-encoded from servers that can.
    const query: Record<string, string> = { "list-type": "2", "encoding-type": "url", prefix };
    if (token !== null) query["continuation-token"] = token;
    const reply = await demand(session, { method: "GET", key: null, query, action: `list objects below "${prefix}"` }, options);
    const xml = new TextDecoder().decode(reply.body);
    if (!/<ListBucketResult[\s>]/.test(xml) || !xml.includes("</ListBucketResult>")) throw damaged(prefix, "the answer is not a listing");
    const isEncoded = xmlText(xml, "EncodingType") === "url";
    for (const element of xmlElements(xml, "Contents")) {
      const raw = xmlText(element, "Key");
      const size = xmlText(element, "Size");
      if (raw === null || size === null) throw damaged(prefix, "an entry has no key or no size");
      yield {
        key: isEncoded ? decodeURIComponent(raw.replaceAll("+", " ")) : raw,
        bytes: Number(size),
        lastModified: new Date(xmlText(element, "LastModified") ?? 0),
        etag: (xmlText(element, "ETag") ?? "").replaceAll('"', ""),
        storageClass: xmlText(element, "StorageClass") ?? "STANDARD",
      };
    }
    const before: string | null = token;
    token = xmlText(xml, "IsTruncated") === "true" ? decodeXml(xmlElements(xml, "NextContinuationToken")[0] ?? "") : null;
    if (token !== null && (token === "" || token === before)) throw damaged(prefix, "the server does not say where to continue");
  } while (token !== null);
}
