export type Env = Readonly<Record<string, string | undefined>>;

interface Runtimes {
  Deno?: { env: { toObject(): Record<string, string> } };
  process?: { env: Record<string, string | undefined> };
}

/**
 * The environment of whichever runtime this is. The only place that looks at it: everything else takes what it needs
 * as arguments, so that tests need no environment and no module behaves differently by accident of one.
 */
export function readEnv(): Env {
  const runtimes = globalThis as Runtimes;
  // Deno first: it has a process for compatibility, whose env asks for the same permission anyway.
  return runtimes.Deno?.env.toObject() ?? { ...runtimes.process?.env };
}
