import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Decrypter, Encrypter } from "age-encryption";

/** `age -r <recipient>… -o <file> <file>` and `age -d -i <file> -o <file> <file>`, for machines without it. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: {
    decrypt: { type: "boolean", short: "d" }, identity: { type: "string", short: "i", multiple: true },
    recipient: { type: "string", short: "r", multiple: true }, output: { type: "string", short: "o" } } });
  const input = new Uint8Array(readFileSync(positionals[0] ?? 0));
  const write = (bytes: Uint8Array) => (values.output === undefined ? process.stdout.write(bytes) : writeFileSync(values.output, bytes));
  if (values.decrypt === true) {
    const decrypter = new Decrypter();
    for (const file of values.identity ?? []) for (const line of readFileSync(file, "utf8").split("\n")) if (line.startsWith("AGE-")) decrypter.addIdentity(line.trim());
    write(await decrypter.decrypt(input));
  } else {
    const encrypter = new Encrypter();
    for (const recipient of values.recipient ?? []) encrypter.addRecipient(recipient);
    write(await encrypter.encrypt(input));
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`age: error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
