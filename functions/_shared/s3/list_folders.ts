import { HoldfastError } from "../errors/holdfast_error.ts";
import { type CallOptions, demand, type S3Session } from "./s3_session.ts";
import { decodeXml, xmlElements, xmlText } from "./xml_text.ts";

/**
 * Lists the folders directly below `prefix`, each with its slash at the end, without reading what is in them.
 * @throws {HoldfastError} HF201, HF202, HF203, HF206, HF207, HF208
 */
export async function* listFolders(session: S3Session, prefix: string, options: CallOptions): AsyncGenerator<string, void, undefined> {
  let token: string | null = null;
  do {
    const query: Record<string, string> = { "list-type": "2", "encoding-type": "url", delimiter: "/", prefix };
    if (token !== null) query["continuation-token"] = token;
    const reply = await demand(session, { method: "GET", key: null, query, action: `list folders below "${prefix}"` }, options);
    const xml = new TextDecoder().decode(reply.body);
    const damaged = (reason: string) => new HoldfastError("HF207", `Cannot list folders below "${prefix}": ${reason}`, { hint: "Try again; if it stays, the server's ListObjectsV2 is not usable." });
    if (!/<ListBucketResult[\s>]/.test(xml) || !xml.includes("</ListBucketResult>")) throw damaged("the answer is not a listing");
    const isEncoded = xmlText(xml, "EncodingType") === "url";
    for (const element of xmlElements(xml, "CommonPrefixes")) {
      const raw = xmlText(element, "Prefix");
      if (raw === null) throw damaged("an entry has no name");
      yield isEncoded ? decodeURIComponent(raw.replaceAll("+", " ")) : raw;
    }
    const before: string | null = token;
    token = xmlText(xml, "IsTruncated") === "true" ? decodeXml(xmlElements(xml, "NextContinuationToken")[0] ?? "") : null;
    if (token !== null && (token === "" || token === before)) throw damaged("the server does not say where to continue");
  } while (token !== null);
}
