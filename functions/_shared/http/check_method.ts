import { HoldfastError } from "../errors/holdfast_error.ts";

/** A refusal that knows which methods would do, because HTTP wants them in the Allow header of a 405. */
export class MethodNotAllowed extends HoldfastError {
  readonly allow: string;

  constructor(method: string, allowed: readonly string[]) {
    const allow = allowed.join(", ");
    super("HF103", `Method ${method.slice(0, 20)} is not allowed`, { hint: `Use ${allow}.` });
    this.allow = allow;
  }
}

/** @throws MethodNotAllowed (HF103) when the method is not one of `allowed` */
export function checkMethod(request: Request, allowed: readonly string[]): void {
  if (!allowed.includes(request.method)) throw new MethodNotAllowed(request.method, allowed);
}
