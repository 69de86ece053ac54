import { HoldfastError } from "../errors/holdfast_error.ts";
import type { RetrievalTier } from "./retrieval_tiers.ts";
import type { S3Failure } from "./s3_failure.ts";
import { type CallOptions, request, type S3Session } from "./s3_session.ts";
import type { S3Request } from "./s3_transport.ts";
import { sha256Hex } from "./sha256_hex.ts";

export interface RestoreObjectOptions extends CallOptions {
  readonly tier: RetrievalTier;
  /** How long the copy can be read, once it is there. */
  readonly days: number;
}

/** asked: by this call. ongoing: somebody asked before. readable: there is nothing to wait for. */
export type RestoreObjectState = "asked" | "ongoing" | "readable";

/**
 * Asks for a copy of an archived object. Where there is a copy already, it stays for these days from now on.
 *
 * @throws {HoldfastError} HF604 the server has no RestoreObject, HF605 the tier is not to be had, HF2xx as the storage refuses it.
 */
export async function restoreObject(session: S3Session, key: string, { tier, days, signal }: RestoreObjectOptions): Promise<RestoreObjectState> {
  const xml = `<RestoreRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Days>${days}</Days><GlacierJobParameters><Tier>${tier}</Tier></GlacierJobParameters></RestoreRequest>`;
  const body = new TextEncoder().encode(xml);
  const call: S3Request = {
    method: "POST", key, query: { restore: "" }, headers: { "content-type": "application/xml" }, body, sha256: await sha256Hex(body),
    action: `thaw object "${key}"`,
  };
  const { status, failure } = await request(session, call, { signal });
  if (failure === null) return status === 200 ? "readable" : "asked";
  if (failure.code === "RestoreAlreadyInProgress") return "ongoing";
  // The class is none that has to be thawed.
  if (failure.code === "InvalidObjectState") return "readable";
  throw explain(call, failure, session);
}

function explain(call: S3Request, failure: S3Failure, session: S3Session): HoldfastError {
  const refusal = session.transport.refusal(call, failure);
  const facts = { detail: refusal.detail, cause: refusal };
  if (failure.status === 501 || failure.status === 405) {
    return new HoldfastError("HF604", `Cannot ${call.action}: this storage has no RestoreObject`, {
      ...facts, hint: "Thaw the objects with what the storage provider has for it, or copy them into another storage class, and call again without --thaw." });
  }
  if (refusal.code === "HF202") {
    return new HoldfastError("HF202", refusal.message, { ...facts, hint: `The key needs s3:RestoreObject. ${refusal.hint ?? ""}`.trim() });
  }
  return refusal;
}
