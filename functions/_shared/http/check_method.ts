import { HoldfastError } from "../errors/holdfast_error.ts";
import { respondError } from "./respond.ts";

/** A 405 response with its Allow header when the method is not one of `allowed`, else undefined. */
export function checkMethod(request: Request, allowed: readonly string[]): Response | undefined {
  if (allowed.includes(request.method)) return undefined;
  const list = allowed.join(", ");
  const error = new HoldfastError("HF103", `Method ${request.method.slice(0, 20)} is not allowed`, {
    hint: `Use ${list}.`,
  });
  return respondError(error, undefined, { allow: list });
}
