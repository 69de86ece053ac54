import { HoldfastError } from "../errors/holdfast_error.ts";
import type { AgeIdentities } from "./age_identities.ts";
import { loadAge } from "./age_library.ts";
import { throughStream } from "./through_stream.ts";

/**
 * Decrypts an object. Nothing of it is returned before all of it is authenticated.
 *
 * @param key names the object in an error.
 * @throws {HoldfastError} HF702 none of the identities opens it, HF501 it is damaged or no age file.
 */
export async function decryptBytes(bytes: Uint8Array, identities: AgeIdentities, key: string): Promise<Uint8Array<ArrayBuffer>> {
  const { Decrypter } = await loadAge();
  const decrypter = new Decrypter();
  identities.reveal((secret) => decrypter.addIdentity(secret));
  try {
    return await throughStream(bytes, (input) => decrypter.decrypt(input));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : "";
    if (message.includes("no identity matched")) {
      throw new HoldfastError("HF702", `No identity opens object "${key}"`, {
        detail: `Given: ${identities.recipients.join(", ") || "none"}.`, hint: "Give the identity whose public key the manifest lists.", cause });
    }
    throw new HoldfastError("HF501", `Object "${key}" cannot be decrypted`, {
      detail: "It was damaged, cut short, or is no age file.", hint: "Restore from another run, or leave its rows out with --skip-damaged.", cause });
  }
}
