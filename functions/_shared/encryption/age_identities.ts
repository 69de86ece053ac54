import { HoldfastError } from "../errors/holdfast_error.ts";
import { loadAge } from "./age_library.ts";

/** A private key with the recipient that belongs to it. */
interface OpenIdentity {
  secret: string;
  recipient: string;
}

/**
 * Private keys that open encrypted objects. Printing, logging or serializing one shows their recipients, which are public,
 * and never the keys.
 */
export class AgeIdentities {
  readonly #identities: readonly OpenIdentity[];

  private constructor(identities: readonly OpenIdentity[]) {
    this.#identities = identities;
  }

  /**
   * Reads identity files of age-keygen: one key a line, comments begin with #.
   *
   * @param sources texts, and what to call each in an error.
   * @throws {HoldfastError} HF703 naming the source and what it is instead, never its text.
   */
  static async parse(sources: readonly { name: string; text: string }[]): Promise<AgeIdentities> {
    const { identityToRecipient } = await loadAge();
    const found = new Map<string, OpenIdentity>();
    for (const { name, text } of sources) {
      for (const secret of secretsOf(name, text)) {
        try {
          const recipient = await identityToRecipient(secret);
          found.set(recipient, { secret, recipient });
        } catch {
          // The library's message could quote the key.
          throw new HoldfastError("HF703", `${name} holds an identity that is damaged`, {
            detail: "Its checksum is wrong: a letter is mistyped or missing.", hint: "Take the file as age-keygen wrote it." });
        }
      }
    }
    return new AgeIdentities([...found.values()]);
  }

  /** Public keys of these identities, in the order they were given. */
  get recipients(): string[] {
    return this.#identities.map(({ recipient }) => recipient);
  }

  /** The one identity of a recipient; empty when it is not among these. */
  only(recipient: string): AgeIdentities {
    return new AgeIdentities(this.#identities.filter((one) => one.recipient === recipient));
  }

  /** Hands the keys to the one who decrypts. */
  reveal(take: (secret: string) => void): void {
    for (const { secret } of this.#identities) take(secret);
  }

  toJSON(): { recipients: string[] } {
    return { recipients: this.recipients };
  }
}

const refused = (name: string, what: string, hint: string) => new HoldfastError("HF703", `${name} ${what}`, { hint });

function secretsOf(name: string, text: string): string[] {
  if (text.startsWith("-----BEGIN AGE ENCRYPTED FILE-----") || text.startsWith("age-encryption.org/v1")) {
    throw refused(name, "is protected by a passphrase", "Decrypt it first: age -d -o identity.txt <file>; delete identity.txt afterwards.");
  }
  if (text.includes("-----BEGIN OPENSSH PRIVATE KEY-----") || text.includes("PRIVATE KEY-----")) {
    throw refused(name, "is a private key of another kind", "Give the file of age-keygen whose public key is in HOLDFAST_AGE_RECIPIENTS.");
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.some((line) => line.startsWith("AGE-PLUGIN-"))) {
    throw refused(name, "holds an identity of a plugin, which is not supported", "Decrypt the objects with age itself, as docs/format.md shows.");
  }
  if (lines.length > 0 && lines.every((line) => /^age1/.test(line))) {
    throw refused(name, "holds recipients, not identities", "Give the private file of age-keygen; its key begins with AGE-SECRET-KEY-1.");
  }
  if (lines.length === 0 || !lines.every((line) => /^AGE-SECRET-KEY-1/.test(line))) {
    throw refused(name, lines.length === 0 ? "holds no identity" : "is no identity file of age", "Give the private file of age-keygen; its key begins with AGE-SECRET-KEY-1.");
  }
  return lines;
}
