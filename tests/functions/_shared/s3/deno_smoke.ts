/** Run by s3_client.test.ts under Deno: the calls of an edge function, with a failure in each direction. */
import { argv } from "node:process";
import { createS3Client, type S3Config } from "../../../../functions/_shared/s3/s3_client.ts";

const config: S3Config = JSON.parse(argv[2] ?? "{}");
const client = createS3Client(config, { random: () => 0 });
const body = new Uint8Array(300_000).map((_, index) => index % 253);
const key = "deno/a b+c/ü%";

async function addFault(rule: Record<string, unknown>): Promise<void> {
  const reply = await fetch(`${config.endpoint}/_holdfast/faults`, { method: "POST", headers: { "x-holdfast-admin": "1" }, body: JSON.stringify(rule) });
  await reply.text();
}

await addFault({ kind: "hang_up", method: "PUT" });
const put = await client.putObject(key, body, { contentType: "application/gzip" });
await client.putObject("deno/empty", new Uint8Array());
const again = await client.putObject(key, body);
const refused: unknown = await client.putObject(key, new Uint8Array(2)).catch((error: unknown) => error);
await addFault({ kind: "cut_response", method: "GET" });
const whole = await client.getObject(key);
const { stream } = await client.getObjectStream(key);
let streamed = 0;
for await (const chunk of stream) streamed += chunk.length;
const listed: string[] = [];
for await (const object of client.listObjects("deno/")) listed.push(object.key);
console.log(JSON.stringify({
  same: whole.length === body.length && whole.every((byte, index) => byte === body[index]),
  attempts: put.attempts,
  empty: (await client.getObject("deno/empty")).length,
  existed: again.existed,
  streamed,
  listed,
  refused: refused instanceof Error && "code" in refused ? refused.code : null,
  cut: true,
}));
