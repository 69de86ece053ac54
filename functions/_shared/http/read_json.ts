import type { z } from "zod";
import { HoldfastError } from "../errors/holdfast_error.ts";

const MAX_BODY_BYTES = 65_536;

/**
 * Reads a request body as JSON; an empty one counts as {}. Stops reading at the limit, whatever content-length says.
 *
 * @throws HoldfastError HF100 when it is too large or not JSON
 */
export async function readJson(request: Request, maxBytes: number = MAX_BODY_BYTES): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new HoldfastError("HF100", "Request body is too large", { detail: `The limit is ${maxBytes} bytes.` });
    }
    chunks.push(chunk);
  }
  const text = decode(chunks, size);
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HoldfastError("HF100", "Request body is not JSON", { hint: "Send a JSON object, or no body.", cause });
  }
}

function decode(chunks: readonly Uint8Array[], size: number): string {
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return new TextDecoder().decode(all);
}

/**
 * Validates input from outside, once, at the edge.
 *
 * @throws HoldfastError HF100 naming the fields
 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new HoldfastError("HF100", "Request is not valid", {
    detail: parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`).join("; "),
    hint: "Correct the named fields and send the request again.",
  });
}
