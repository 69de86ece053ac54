import { generateX25519Identity, identityToRecipient } from "age-encryption";

export interface AgeKey {
  identity: string;
  recipient: string;
  /** A file as age-keygen writes it. */
  file: string;
}

export async function makeAgeKey(): Promise<AgeKey> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  return { identity, recipient, file: `# created: 2026-11-23T20:55:00Z\n# public key: ${recipient}\n${identity}\n` };
}
