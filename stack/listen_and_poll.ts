import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

export interface ListenOptions {
  databaseUrl: string;
  applicationName: string;
  /** NOTIFY on this channel ends a wait early. */
  channel: string;
  /** The longest time between two looks, and the wait before the server is tried again. */
  pollMs: number;
  /** Ends the loop. */
  signal: AbortSignal;
  /** Looks for work in a session of its own and returns for how long nothing more is expected; 0 means look again at once. */
  look(client: pg.Client): Promise<number>;
}

/**
 * What the daemons of the stack have in common: look for work, wait to be woken or for the poll, and come back when the
 * server went away, as in a restart. Ends when the signal is aborted; never rejects.
 */
export async function listenAndPoll(options: ListenOptions): Promise<void> {
  const { signal, pollMs } = options;
  while (!signal.aborted) {
    await serve(options).catch(() => {});
    await sleep(pollMs, undefined, { signal }).catch(() => {});
  }
}

async function serve(options: ListenOptions): Promise<void> {
  const client = new pg.Client({ connectionString: options.databaseUrl, application_name: options.applicationName });
  client.on("error", () => {});
  try {
    await client.connect();
    let wake = (): void => {};
    client.on("notification", () => wake());
    client.on("end", () => wake());
    await client.query(`listen ${pg.escapeIdentifier(options.channel)}`);
    while (!options.signal.aborted) {
      // Before the look: what is written while it runs must not wait for the poll.
      const woken = new Promise<void>((resolve) => { wake = resolve; });
      const wait = Math.min(options.pollMs, await options.look(client));
      if (wait > 0) await Promise.race([woken, sleep(wait, undefined, { signal: options.signal })]);
    }
  } finally {
    await client.end().catch(() => {});
  }
}
