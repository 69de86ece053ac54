import { HoldfastError } from "../errors/holdfast_error.ts";

const COMMA = 0x2c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/**
 * Refuses a JSON document with more values than a limit, before it is parsed: 64 MiB of `[],[],…` are 2 GB of arrays. Commas within
 * texts count as well, which errs towards refusing by a little and keeps this to a few milliseconds per 10 MiB.
 *
 * @throws {HoldfastError} HF209 naming the object.
 */
export function refuseManyValues(bytes: Uint8Array, maxValues: number, key: string): void {
  let values = 0;
  for (let at = 0; at < bytes.byteLength; at++) {
    const byte = bytes[at];
    if (byte === COMMA || byte === BRACKET || byte === BRACE) values += 1;
  }
  if (values <= maxValues) return;
  throw new HoldfastError("HF209", `Object "${key}" holds more than its reader takes`, {
    detail: `It has about ${values} values, the limit is ${maxValues}.`, hint: "Find out who else writes to this bucket, and choose another restore point." });
}
