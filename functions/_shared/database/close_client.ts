import type { Client } from "pg";

const LONGEST_GOODBYE_MS = 2_000;

/**
 * Ends a session, and never waits for long: pg's end() waits for an event that does not come when the connection was
 * lost or never stood, which Deno 2.1.4 shows after a refused certificate. Never throws: there is nothing to save.
 */
export async function closeClient(client: Client): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tired = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LONGEST_GOODBYE_MS);
  });
  await Promise.race([client.end().catch(() => undefined), tired]);
  clearTimeout(timer);
}
